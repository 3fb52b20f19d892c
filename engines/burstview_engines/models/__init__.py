"""Which names stand for one model, and which weights are on this machine already."""
