"""Blocks and pages of self-contained HTML, with no network and no script."""
