"""The engines of this machine that can be started, watched, changed and stopped."""
