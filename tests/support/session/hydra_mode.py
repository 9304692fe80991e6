"""One composition of a program's configuration instead of Hydra's two."""

from hydra._internal.hydra import Hydra


def compose_once(monkeypatch):
    """Hydra composes once more only to read `hydra.mode`, which no configuration of ours sets.

    Args:
        monkeypatch: Undoes it.
    """
    look = Hydra.get_mode

    def get_mode(self, config_name, overrides):
        asked = any(each.startswith("hydra.mode=") for each in overrides)
        return look(self, config_name, overrides) if asked else None

    monkeypatch.setattr(Hydra, "get_mode", get_mode)
