"""HTTP: middleware, exceptions, responses, static files, the OpenAPI document."""
