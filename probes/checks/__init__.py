"""The judges: pure functions from what is known to opinions, one file a question."""
