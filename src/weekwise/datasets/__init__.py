"""Kedro datasets that the catalog names: the store, atomic files, the model registry."""
