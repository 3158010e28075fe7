"""`kedro contract infer`: from a table that nobody has described to an environment that runs."""
