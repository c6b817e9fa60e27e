"""A package with a task in it."""
