"""The Prefect API: connections to it, and a temporary server where there is none."""
