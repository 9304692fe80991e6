"""Imports that wait until they are needed."""
