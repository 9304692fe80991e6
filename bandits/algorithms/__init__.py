"""What people designed for bandits. Each module registers its algorithms in `ALGORITHMS`.

A new one is a new file here: a subclass of `bandits.algorithms.base.ArmAgent` under `@ALGORITHMS.add`.
"""

from ...core.algorithms import Registry

ALGORITHMS = Registry("bandits", __name__)
