"""Pure drawing: numbers in, text or segments out; no Textual."""
