"""The published reports in memory, and answers to those who ask."""
