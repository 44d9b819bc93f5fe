"""The only room that speaks SQL: what was collected, what was published, and who is alive."""
