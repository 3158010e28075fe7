"""Predictions for files and tables of any size, by a registered model."""
