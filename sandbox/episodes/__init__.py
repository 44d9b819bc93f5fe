"""Recorded or simulated market stretches behind one interface."""
