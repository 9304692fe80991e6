"""Entries by name: the class `Registry`, and the groups that configurations choose from."""
