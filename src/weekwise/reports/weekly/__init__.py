"""The weekly report: its content, the rules of its status, its page."""
