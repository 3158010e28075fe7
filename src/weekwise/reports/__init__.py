"""What a run says, as one typed model, and the pages and charts written from it."""
