"""The same jobs, each done in several ways, for `patterns.py`."""
