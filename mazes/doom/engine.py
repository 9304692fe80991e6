"""One ViZDoom process: loads maps, takes buttons, gives frames. It knows no rules.

The engine reads its files from anonymous memory: the assets at its start, and one map that is
rewritten for each maze. It writes an .ini file and a folder into a private home folder, whose name
on the command line also identifies the process (see `mazes.doom.cleanup`).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import vizdoom

from ...core.errors import UserError
from .cleanup import record_engine, record_start
from .wad import MAP_NAME, asset_wad

START_TICS = 10  # the engine ignores input in the first 8 tics of a map
BUTTONS = ("MOVE_FORWARD", "TURN_LEFT", "TURN_RIGHT", "TURN_LEFT_RIGHT_DELTA")
STATE = ("POSITION_X", "POSITION_Y", "ANGLE", "VELOCITY_X", "VELOCITY_Y")
HIDDEN = (
    *("hud", "minimal_hud", "crosshair", "weapon", "decals", "particles"),
    *("effects_sprites", "messages", "corpses", "screen_flashes"),
)


class Engine:
    """A running engine, without window, sound or view bob.

    Attributes:
        instance_id: Id of the engine; part of the names of its shared memory.
        pid: Process id.

    Args:
        home: An existing private folder.
        width: Columns of the frame, pixels.
        height: Rows of the frame, pixels.

    Raises:
        UserError: The engine has no such resolution.
    """

    def __init__(self, home: Path, width: int, height: int):
        resolution = getattr(vizdoom.ScreenResolution, f"RES_{width}X{height}", None)
        if resolution is None:
            raise UserError(
                f"width, height are {width}, {height}; the engine draws 160x120, 320x240, 640x480, "
                "800x600 and others of vizdoom.ScreenResolution"
            )
        self._game = game = vizdoom.DoomGame()
        self._map = os.memfd_create("map")
        self._variables = [getattr(vizdoom.GameVariable, name) for name in STATE]
        self._state: list[float] | None = None  # None after every action: to be read again
        assets = os.memfd_create("assets")
        os.write(assets, asset_wad())
        game.set_doom_scenario_path(_path(assets))
        game.set_doom_config_path(str(home / "engine.ini"))
        game.set_doom_map(MAP_NAME)
        game.set_mode(vizdoom.Mode.PLAYER)
        game.set_screen_format(vizdoom.ScreenFormat.RGB24)
        game.set_screen_resolution(resolution)
        for thing in HIDDEN:
            getattr(game, f"set_render_{thing}")(False)
        game.set_window_visible(False)
        game.set_sound_enabled(False)
        game.set_available_buttons([getattr(vizdoom.Button, name) for name in BUTTONS])
        game.set_episode_start_time(START_TICS)
        game.set_episode_timeout(0)
        game.add_game_args("+movebob 0")
        record_start(home)
        old_folder = os.open(".", os.O_PATH)  # the engine writes a folder where it starts
        os.chdir(home)
        try:
            game.init()
        finally:
            os.chdir(old_folder)
            os.close(old_folder)
            os.close(assets)
        self.instance_id = game.get_instance_id()
        self.pid = record_engine(home, self.instance_id)
        if not self.pid:
            self.close()
            raise vizdoom.ViZDoomUnexpectedExitException("the engine died while it started")

    def load(self, wad: bytes) -> None:
        """Loads a map and puts the player into it."""
        os.ftruncate(self._map, len(wad))
        os.pwrite(self._map, wad, 0)
        self._game.set_doom_map(f"file:{_path(self._map)}")
        self._state = None

    def act(self, buttons: Sequence[float], tics: int) -> None:
        """Holds buttons, in the order of `BUTTONS`, for a number of tics of 1/35 s."""
        self._game.make_action(list(buttons), tics)
        self._state = None

    def warp(self, x: float, y: float) -> None:
        """Moves the player at the next tic; its angle stays."""
        self._game.send_game_command(f"warp {x} {y}")

    def state(self) -> list[float]:
        """x, y [map units], angle [degrees], velocity x, y [map units a tic]."""
        if self._state is None:
            self._state = [self._game.get_game_variable(variable) for variable in self._variables]
        return self._state

    def frame(self) -> np.ndarray:
        """View of the player, [height, width, 3] uint8 RGB."""
        return self._game.get_state().screen_buffer

    def close(self) -> None:
        """Ends the process; safe to call twice, and after the process has died."""
        if self._map >= 0:
            self._game.close()
            os.close(self._map)
            self._map = -1


def _path(descriptor: int) -> str:
    """A path under which other processes can open a memory file of this one."""
    return f"/proc/{os.getpid()}/fd/{descriptor}"
