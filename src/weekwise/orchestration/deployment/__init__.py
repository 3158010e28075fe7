"""The weekly deployment: served here, or for workers of a work pool."""
