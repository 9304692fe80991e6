"""Human-designed algorithms for small MDPs. Each module registers its own in `ALGORITHMS`.

A new one is a new file here: a subclass of `mdps.algorithms.base.MDPAgent` under
`@ALGORITHMS.algorithm`.
"""

from ...core.tabular.algorithms import AlgorithmRegistry

ALGORITHMS = AlgorithmRegistry("algorithm of mdps", [__name__])
