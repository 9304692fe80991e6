"""What people designed for bandits. Each module registers its algorithms in `ALGORITHMS`.

A new one is a new file here: a subclass of `bandits.algorithms.base.ArmAgent` under `@ALGORITHMS.algorithm`.
"""

from ...core.algorithms import AlgorithmRegistry

ALGORITHMS = AlgorithmRegistry("algorithm of bandits", [__name__])
