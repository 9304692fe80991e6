"""The forms of what users and plug-ins give; each check names in words what is wrong."""
