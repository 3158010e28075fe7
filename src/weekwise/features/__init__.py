"""Pure preprocessing and statistics shared by training, serving and monitoring."""
