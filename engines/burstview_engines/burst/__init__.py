"""The burst workers and their supervisor."""
