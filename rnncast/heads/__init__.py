"""Heads: what a network puts out, one head or one family a file; `base` says what they share."""
