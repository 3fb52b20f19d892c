"""Engines, bursts and measurements without a screen."""
