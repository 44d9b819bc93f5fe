"""Slash commands, one module per subject."""
