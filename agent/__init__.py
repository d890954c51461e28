"""When to ask, where to keep, whom to tell."""
