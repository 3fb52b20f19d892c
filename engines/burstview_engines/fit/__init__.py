"""Will it fit: the memory an engine will take, reckoned before it is started."""
