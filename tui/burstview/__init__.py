"""burstview: fire a burst at LLM servers and watch every request."""

__version__ = "0.1.0"
