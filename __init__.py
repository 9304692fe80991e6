"""RL² on 3D mazes: a recurrent network that learns to learn its way in mazes never seen."""

import sys

if "gymnasium" in sys.modules:  # gymnasium.make("rl2_mazes:rl2/...") imports this package
    from .mazes import gym  # noqa: F401  registers the environments
