"""Offsets of a seed for separate streams of random numbers.

Torch's generator on a CPU reads only the lower 32 bits of a seed, so the offsets differ there. They
are odd and large, so that no small multiple of one equals another.
"""

TASKS = 0x5851F42D  # tasks of a training; its actions have the seed itself
ACTIONS = 0x165667B1  # actions of an evaluation, whose tasks or mazes may have the seed itself
CHANCE = 0x27D4EB2F  # random transitions and rewards of an environment
RANK = 0x9E3779B1  # times the rank of a process
HALF = 0x85EBCA6B  # second half of the environments in double-buffered sampling
TABLES = 0xC2B2AE35  # times the seed of tables, whose tasks also depend on their names
ROW = 0x632BE5AB  # times the number of a row of a mixture
