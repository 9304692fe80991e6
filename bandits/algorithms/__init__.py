"""Human-designed algorithms for bandits. Each module registers its own in `ALGORITHMS`.

A new one is a new file here: a subclass of `bandits.algorithms.base.ArmAgent` under
`@ALGORITHMS.algorithm`.
"""

from ...core.tabular.algorithms import AlgorithmRegistry

ALGORITHMS = AlgorithmRegistry("algorithm of bandits", [__name__])
