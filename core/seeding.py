"""What is added to a seed for streams of random numbers of their own.

Torch's generator on a CPU looks at the lower 32 bits of a seed alone: what tells streams apart has
to lie there. Odd and large, so that no small number of steps leads from one to another.
"""

TASKS = 0x5851F42D  # a training's tasks, apart from its actions
CHANCE = 0x27D4EB2F  # its environment's, apart from both
RANK = 0x9E3779B1  # times the rank of a process
HALF = 0x85EBCA6B  # the second half of the copies, where there are two
TABLES = 0xC2B2AE35  # times the seed of tables, whose tasks also hang on their names
