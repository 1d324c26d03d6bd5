"""Recurrent models, one a file; `base.py` holds the contract."""
