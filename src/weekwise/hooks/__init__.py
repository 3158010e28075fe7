"""Kedro hooks around a run: tracking and the closing screen."""
