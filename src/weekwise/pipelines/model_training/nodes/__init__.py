"""The nodes of model training, by what they are for."""
