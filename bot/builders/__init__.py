"""Reports: read the store, call the analytics, return evidence, statements and drivers."""
