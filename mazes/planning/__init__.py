"""What follows from the map alone: shortest paths, visibility, privileged features."""
