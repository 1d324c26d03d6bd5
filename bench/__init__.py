"""Measures what the project promises: one file a subject, `python -m bench [SUBJECT ...]` runs them."""
