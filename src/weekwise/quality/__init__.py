"""The data gate: contracts as Great Expectations suites, run before nodes."""
