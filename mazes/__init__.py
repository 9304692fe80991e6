"""The maze suite (Duan et al. 2016, section 3.3): find a target in an unknown maze, repeatedly."""
