"""Engines in containers of a Docker daemon."""
