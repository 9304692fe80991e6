"""The window that a person plays in: tkinter, which comes with Python.

On the grid a key is an action when it is pressed, however long. Walking, an action is four of the
engine's 35 tics a second: as long as a key is held, one follows the other at that rate, and when
none is, the world waits.
"""

from typing import Any

from ...core.errors import UserError
from .session import KEYS, Session

STEP_MS = 114  # four tics
END_KEYS = ("Return", "KP_Enter", "Escape")
REPEAT_MS = 5  # a key that is held seems to be let go and pressed again, faster than this


class Window:
    """Shows a session and hands it keys.

    Args:
        title: Of the window.

    Raises:
        OSError: There is no tkinter, or no display.
    """

    def __init__(self, title: str):
        try:
            import tkinter

            from PIL import ImageTk
        except ImportError as error:
            raise UserError(
                f"a window needs tkinter ({error}); install python3-tk, or play in a browser: "
                "browser=true"
            ) from None
        try:
            self.root = tkinter.Tk()
        except tkinter.TclError as error:
            raise UserError(
                f"there is no display for a window ({error}); play on a desktop, over ssh -X, or "
                "in a browser: browser=true"
            ) from None
        self._photo_of = ImageTk.PhotoImage
        self.root.title(title)
        self.root.configure(background="#16171c")
        self._view = tkinter.Label(self.root, borderwidth=0)
        self._view.pack()
        style: dict[str, Any] = {"background": "#16171c", "foreground": "#f0f0f4", "pady": 8}
        self._text = tkinter.Label(self.root, **style)
        self._text.pack()
        self._tapped: str | None = None  # since the last frame; a short tap counts too
        self._held: dict[str, str | None] = {}  # keys that are down; of one just let go, a timer

    def play(self, session: Session, walk: bool) -> None:
        """Returns when the session is over and Enter was pressed, or the window was closed."""
        self._session, self._walk = session, walk
        self._show()
        self.root.bind("<KeyPress>", lambda event: self._down(event.keysym))
        self.root.bind("<KeyRelease>", lambda event: self._up(event.keysym))
        if walk:
            self.root.after(STEP_MS, self._tick)
        self.root.mainloop()

    def _down(self, key: str) -> None:
        timer = self._held.get(key)
        if timer is not None:
            self.root.after_cancel(timer)  # it was not let go, it repeats
        pressed = key not in self._held
        self._held[key] = None
        if not pressed:
            return
        if self._session.over and key in END_KEYS:
            self.root.destroy()
        elif not self._walk:
            self._press(key)
        elif key in KEYS:
            self._tapped = key

    def _up(self, key: str) -> None:
        self._held[key] = self.root.after(REPEAT_MS, lambda: self._held.pop(key, None))

    def _tick(self) -> None:
        self.root.after(STEP_MS, self._tick)
        keys = [key for key in self._held if key in KEYS]
        key = keys[-1] if keys else self._tapped  # the one pressed last
        self._tapped = None
        if key is not None and not self._session.over:
            self._press(key)

    def _press(self, key: str) -> None:
        self._session.press(key)
        self._show()

    def _show(self) -> None:
        from PIL import Image

        self._photo = self._photo_of(Image.fromarray(self._session.picture), master=self.root)
        self._view.configure(image=self._photo)
        self._text.configure(text=self._session.text)
