"""What a table must be: the model, the loader, and what is derived from them."""
