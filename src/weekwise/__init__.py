"""Weekwise: a weekly loop from a growing table to predictions people can trust."""

__version__ = "0.1.0"
