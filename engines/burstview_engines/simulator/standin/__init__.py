"""Stand-ins: embedded engines behind the real engines' command lines, logs and exit statuses."""
