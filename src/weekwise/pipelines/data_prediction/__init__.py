"""The champion predicts the upcoming rows."""
