"""The weekly flow: one run of all pipelines for one as-of date."""
