"""The model in service: loaded, followed, asked."""
