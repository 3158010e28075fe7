"""The predictor, its MLflow adapter, the registry and the promotion gate."""
