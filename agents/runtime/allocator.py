"""The C library's allocator keeps freed memory, which a training soon needs again."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
LARGEST_BLOCK = 32 << 20  # bytes, the most that glibc allows
KEPT = 1 << 30  # bytes


def keep_freed_memory() -> bool:
    """Keep up to a gigabyte of freed memory in this process; returns whether that can be set.

    By default glibc returns large blocks to the system, and a training's next minibatch gets new
    pages, which have to be cleared: a tenth of its time with thousands of frames a minibatch.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK) and mallopt(M_TRIM_THRESHOLD, KEPT))
