"""distlab."""
