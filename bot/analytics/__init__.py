"""The methods, one module each: pure functions over pandas and numpy."""
