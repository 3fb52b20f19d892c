"""What each engine's log tells: how far it is, what it has, why it cannot go on."""
