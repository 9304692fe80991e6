"""Progress bars of long work, on stderr."""

import sys
from typing import Any

SECONDS_IN_A_LOG = 15.0  # between two lines where nobody watches: a file grows by each


def progress_bar(**settings: Any) -> Any:
    """A bar that fits its terminal, and that fills no log file.

    Args:
        settings: Of `tqdm.tqdm`: total, desc, unit ...
    """
    from tqdm import tqdm

    seconds = 0.5 if sys.stderr.isatty() else SECONDS_IN_A_LOG
    return tqdm(**{"dynamic_ncols": True, "mininterval": seconds, **settings})
