"""The five pipelines of a weekly run; they talk through the catalog only."""
