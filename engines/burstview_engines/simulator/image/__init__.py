"""Container images of the embedded engines, made offline of the running Python."""
