"""Kedro's nodes as Prefect tasks, its pipelines as subflows."""
