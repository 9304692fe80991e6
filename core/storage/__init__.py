"""Files that are complete or absent, the folder of a run, and the origin of its figures."""
