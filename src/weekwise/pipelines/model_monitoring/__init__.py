"""How earlier predictions did, and the weekly report."""
