"""A person's trial, without the window: the view, the keys, the result."""

import numpy as np

from ...mazes.doom.game import MazeGame
from ...mazes.maze import Maze
from ...mazes.rules import FORWARD, TURN_LEFT, TURN_RIGHT
from ...mazes.topdown import render_map
from ..trials.runner import TrialLog
from ..video.style import BACKGROUND

GAP = 8  # pixels between maps
KEYS = {"Left": TURN_LEFT, "Right": TURN_RIGHT, "Up": FORWARD}


class Session:
    """K episodes on one maze.

    Attributes:
        lengths: Steps of each episode that has ended.
        successes: Whether each reached the target.

    Args:
        game: Under the rules to play by; its frames are what the person sees.
        maze: The maze.
        episodes: K.
    """

    def __init__(self, game: MazeGame, maze: Maze, episodes: int = 2):
        self.lengths: list[int] = []
        self.successes: list[bool] = []
        self._game = game
        self._maze = maze
        self._episodes = episodes
        self._steps = 0
        self._actions: list[int] = []
        game.start(maze)
        game.reset()
        self._paths = [[np.array(game.pose)]]

    @property
    def over(self) -> bool:
        """Whether all episodes have ended."""
        return len(self.lengths) == self._episodes

    def press(self, key: str) -> None:
        """Takes the key's action, if it is one and there is an episode to take it in."""
        if self.over or key not in KEYS:
            return
        _, terminated, truncated = self._game.step(KEYS[key])
        self._steps += 1
        self._actions.append(KEYS[key])
        self._paths[-1].append(np.array(self._game.pose))
        if terminated or truncated:
            self.lengths.append(self._steps)
            self.successes.append(terminated)
            self._steps = 0
            if not self.over:
                self._game.reset(len(self.lengths))
                self._paths.append([np.array(self._game.pose)])

    @property
    def picture(self) -> np.ndarray:
        """The view from inside; when all is over, the paths on the map. [H, W, 3] uint8."""
        view = self._game.frame
        if not self.over:
            return view
        height, width, _ = view.shape
        room = width // self._episodes
        size = min(height, room - GAP)
        picture = np.full(view.shape, BACKGROUND, np.uint8)
        for episode, path in enumerate(self._paths):
            top, left = (height - size) // 2, episode * room + (room - size) // 2
            overview = render_map(self._maze, np.array(path), size, episode=episode)
            picture[top : top + size, left : left + size] = overview
        return picture

    @property
    def log(self) -> TrialLog:
        """The trial, once all episodes have ended."""
        return TrialLog(
            length=np.array([self.lengths]),
            success=np.array([self.successes]),
            episode_return=np.zeros((1, self._episodes), np.float32),
            tasks=None,
            actions=np.array(self._actions, np.uint8),
            poses=np.concatenate([path[:-1] for path in self._paths]),
        )

    @property
    def status(self) -> str:
        """The episodes so far, and the step of the one that runs."""
        stated = [
            f"episode {k + 1}: {outcome(length, won)}"
            for k, (length, won) in enumerate(zip(self.lengths, self.successes, strict=True))
        ]
        if not self.over:
            stated.append(f"episode {len(self.lengths) + 1}, step {self._steps}")
        return "; ".join(stated)

    @property
    def text(self) -> str:
        """The line below."""
        return f"{self.status}; {'Enter ends' if self.over else 'arrow keys: left, right, up'}"


def outcome(length: int, won: bool) -> str:
    """An episode's length in words."""
    return f"{length} steps" if won else f"not found in {length}"
