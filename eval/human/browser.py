"""The user's browser, if there is one."""

import os
import webbrowser

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")


def open_page(address: str) -> bool:
    """Open an address in the browser.

    Without a display, Python would start a browser that takes the terminal, if one is installed.

    Returns:
        Whether a browser was started.
    """
    if not any(map(os.environ.get, DISPLAYS)):
        return False
    try:
        return webbrowser.open(address)
    except (OSError, webbrowser.Error):
        return False
