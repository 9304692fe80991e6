"""Sections of RESULTS.md."""
