"""Formats: the only place that knows how files are read and written."""
