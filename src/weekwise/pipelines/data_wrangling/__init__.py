"""From the feed to one clean table of features."""
