"""Engines as local processes, for machines without Docker."""
