"""The embedded engines as a real HTTP server on loopback."""
