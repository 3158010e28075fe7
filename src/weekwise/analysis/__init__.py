"""Statistics of the analysis table and of predictions: pure functions of arrays and frames."""
