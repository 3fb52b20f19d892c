"""What the machine does: GPU, host."""
