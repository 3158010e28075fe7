"""What the data looks like, and which features are fit to train on."""
