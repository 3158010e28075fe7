"""The service: the registered champion behind a typed HTTP API, and the web app."""
