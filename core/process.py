"""Settings of the whole process, made by programs and never at import."""

import contextlib
import ctypes
import io
import multiprocessing
import os
import sys
import threading

SPINCOUNT = "5000"
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h
LARGEST_INT = 2**31 - 1


def configure() -> None:
    """Configure OpenMP and the C library's allocator for training and evaluation.

    Call it before torch is imported: OpenMP reads its variables once, when it is loaded. Processes
    started from this one inherit the variables, but have to configure their own allocator.
    """
    open_standard_streams()
    outlive_readers()
    limit_spinning()
    share_cores()
    keep_freed_memory()


def begin_worker() -> None:
    """Configure a process that `multiprocessing` has started, and let it end with its parent."""
    end_with_parent()
    configure()


def end_with_parent() -> None:
    """End this process once the one that started it is gone, even by SIGKILL.

    The worker of a pool would otherwise finish its task and then wait for another for ever, since
    it holds both ends of the queue. Its semaphores would stay as long.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("this process was not started by multiprocessing")

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end_with_parent", daemon=True).start()


def open_standard_streams() -> None:
    """Give a process that was started without some of its standard streams empty ones.

    Otherwise a file opened next would get their numbers, and printing would fail. Characters that
    the terminal's encoding lacks are replaced.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(opened, True)
    os.close(opened)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def outlive_readers() -> None:
    """Let the program run on when nobody can read its output any more.

    `rl2-train ... | head` would otherwise end a training at its next line, with a traceback.
    """
    for name in ("stdout", "stderr"):
        if type(stream := getattr(sys, name)) is io.TextIOWrapper and stream.fileno() <= 2:
            stream.flush()
            setattr(sys, name, dropping(stream))


def dropping(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream like another one, which drops what cannot be written.

    The first error but that of a closed pipe is printed on stderr.
    """
    return io.TextIOWrapper(
        io.BufferedWriter(_Dropping(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
    )


class _Dropping(io.FileIO):
    _reported = False

    def write(self, content) -> int:
        """Write, or drop the content."""
        try:
            return super().write(content)
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and not self._reported:
                self._reported = True
                line = f"note: output cannot be written ({error.strerror}) and is dropped\n"
                with contextlib.suppress(OSError):
                    os.write(2, line.encode())
            return memoryview(content).nbytes


def limit_spinning() -> None:
    """Let the threads of a parallel operation spin briefly, then sleep.

    Engines and other jobs share the cores. On two cores a PPO update took 0.69 s with this setting,
    1.42 s without spinning, and 0.77 s with OpenMP's own, which becomes up to forty times longer
    beside busy neighbours. A setting made by the user stays.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINCOUNT)


def share_cores() -> None:
    """Give numba as many threads as OpenMP has, if that was set.

    torchrun gives each of its processes one thread of OpenMP. Numba's own, one for each core in
    every process, would wait for one another: two processes on two cores trained the demo at 700 to
    4,800 steps a second, and at 21,200 with one thread each. A setting made by the user stays.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads):
        os.environ.setdefault("NUMBA_NUM_THREADS", threads)


def keep_freed_memory() -> bool:
    """Keep freed memory in the process instead of returning it to the kernel.

    By default glibc returns large blocks as soon as they are freed, and trims its heap. The next
    pass over a network then faults in every page of its activations again: 600,000 page faults per
    update of the paper's network, a quarter of its time (4.7 s per epoch over 128 x 256 frames,
    3.5 s with this setting). The process keeps its peak size.

    Returns:
        False if the C library is not glibc and has no such setting.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, LARGEST_INT))
