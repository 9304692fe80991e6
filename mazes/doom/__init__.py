"""The reference simulator: mazes in the ViZDoom engine (Kempka et al. 2016)."""
