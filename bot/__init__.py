"""Undertow."""
