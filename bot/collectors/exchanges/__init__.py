"""What differs between exchanges: one module each, found by its name."""
