"""Self-contained HTML pages: one look for every report, with no network and no script."""
