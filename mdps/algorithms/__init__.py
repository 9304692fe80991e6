"""What people designed for small MDPs. Each module registers its algorithms in `ALGORITHMS`.

A new one is a new file here: a subclass of `mdps.algorithms.base.MDPAgent` under `@ALGORITHMS.add`.
"""

from ...core.algorithms import Registry

ALGORITHMS = Registry("mdps", __name__)
