"""The embedded engines: pure step models and the HTTP server around them."""
