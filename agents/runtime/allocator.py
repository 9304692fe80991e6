"""Freed memory stays with the process.

Glibc hands large blocks back to the kernel as soon as they are free, and trims its heap; the next
pass over a network then touches every page of its activations for the first time again. On the
paper's network that was 600,000 page faults an update and a quarter of its time (4.7 s an epoch
over 128 x 256 frames, 3.5 s without).
"""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h
LARGEST_INT = 2**31 - 1


def keep_freed_memory() -> bool:
    """Tells the C library to keep what is freed; False where it is not glibc and has no such wish.

    The process then holds as much as it ever held at once.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, LARGEST_INT))
