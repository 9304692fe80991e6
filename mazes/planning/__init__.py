"""Facts that follow from the map alone: shortest paths, visibility, privileged features."""
