"""The weekly run as a Prefect flow: the runner, the flow, its deployment."""
