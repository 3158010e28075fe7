"""The exploration report: findings, panels, page."""
