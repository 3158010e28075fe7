"""Rows as they arrive: read, checked against the contract, described."""
