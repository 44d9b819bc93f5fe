"""Plain frozen types that every layer shares; no I/O, no clock, no logging."""
