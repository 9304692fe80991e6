"""Agents on the Hugging Face hub: `hf://OWNER/REPOSITORY`, an optional extra.

A repository holds `model.safetensors`, the weights with the card that every checkpoint has, and
`README.md`, a model card in the hub's format (`rl2 card`). A file from a stranger is read as any
other: it is numbers, and must be of this project's format.
"""

import re
from pathlib import Path

from ...core.errors import UserError, first_line
from ...core.imports.extras import import_extra

PREFIX = "hf:"
FILE = "model.safetensors"
NAME = re.compile(r"[\w.-]+/[\w.-]+")


def is_on_hub(path: Path | str) -> bool:
    """Whether a path is a name like hf://OWNER/REPOSITORY."""
    return Path(path).parts[:1] == (PREFIX,)


def fetch(path: Path | str) -> Path:
    """The weights file of a repository, from the hub or from its cache on this machine.

    Args:
        path: hf://OWNER/REPOSITORY, with @REVISION for another one than the newest.

    Raises:
        UserError: huggingface_hub is not installed, or the repository cannot be fetched.
    """
    name, _, revision = "/".join(Path(path).parts[1:]).partition("@")
    hub = import_extra("huggingface_hub", f"agent=hf://{name}")
    require_repository("agent", name)
    try:
        return Path(hub.hf_hub_download(repo_id=name, filename=FILE, revision=revision or None))
    except Exception as error:  # the hub's and the network's are of many kinds
        raise UserError(f"hf://{name} cannot be fetched ({first_line(error)})") from error


def push(folder: Path, repository: str) -> str:
    """Upload a folder's files; the repository is made if it does not exist.

    Returns:
        Address of the commit.

    Raises:
        UserError: huggingface_hub is not installed, or the upload fails.
    """
    require_repository("push", repository)
    hub = import_extra("huggingface_hub", f"push={repository}")
    try:
        hub.create_repo(repository, exist_ok=True)
        return str(hub.upload_folder(repo_id=repository, folder_path=str(folder)))
    except Exception as error:
        raise UserError(
            f"{repository} cannot be uploaded ({first_line(error)}); sign in with hf auth login"
        ) from error


def require_repository(key: str, name: str) -> None:
    """Raise unless the name is OWNER/REPOSITORY."""
    if not NAME.fullmatch(name):
        raise UserError(f"{key} is {name!r}; it must be OWNER/REPOSITORY")
