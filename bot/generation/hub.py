"""Fetching a model by its hub id. Runs in the engine's process, never in the bot's.

Fetches safetensors, JSON and tokenizer files only: nothing that could run code. The commit in use is
pinned: what was resolved at the first download is remembered and used from then on, until the
setting names another revision or the file of pins is deleted. A model that is complete in the cache
costs no network at all. No token is ever sent: a gated model is to be downloaded by its licensee and
named as a folder.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.errors import ModelLoadError
from bot.generation.catalog import TRANSLATION, ModelChoice

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo as HubModel

ALLOWED: Final = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.spm", "merges.txt", "vocab.txt"]
IGNORED: Final = ["*/*", "consolidated*.safetensors"]  # other formats' folders, and weights stored twice
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_POLL_S: Final = 0.3

OnProgress = Callable[[int, int], None]
"""Called with the bytes that are here and the bytes in all."""


def fetch(model: ModelChoice, pins_file: Path | None, on_progress: OnProgress) -> Path:
    """The folder of a hub model, downloaded if need be. Raises ModelLoadError, one line."""
    assert model.hub_id is not None
    pins = _Pins(pins_file)
    key = f"{model.hub_id}@{model.revision or ''}"
    commit = _as_commit(model.revision) or pins.get(key)
    if commit is not None and (folder := _cached(model.hub_id, commit)) is not None:
        return folder
    try:
        found = _look_up(model.hub_id, commit or model.revision, model.variable)
    except _UnreachableError as error:
        folder = None if commit else _cached(model.hub_id, model.revision or "main")
        if folder is None:
            raise ModelLoadError(_unreachable(model, error)) from None
        pins.put(key, folder.name)
        return folder
    _check(model.hub_id, found)
    assert found.sha is not None
    pins.put(key, found.sha)
    return _download(model, found, on_progress)


def _as_commit(revision: str | None) -> str | None:
    return revision if revision and _COMMIT.fullmatch(revision) else None


class _UnreachableError(Exception):
    """The hub did not answer as a hub does."""


def _cached(hub_id: str, revision: str) -> Path | None:
    """The folder of a revision that is complete in the cache, found without any network."""
    from huggingface_hub import snapshot_download

    try:
        folder = Path(
            snapshot_download(
                hub_id,
                revision=revision,
                local_files_only=True,
                allow_patterns=ALLOWED,
                ignore_patterns=IGNORED,
                token=False,
            )
        )
    except (OSError, ValueError):
        return None
    has_all = (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    return folder if has_all else None


def _look_up(hub_id: str, revision: str | None, variable: str) -> HubModel:
    """What the hub says of a revision: its commit, its files and their sizes."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return HfApi(token=False).model_info(hub_id, revision=revision, files_metadata=True, timeout=15)
    except RevisionNotFoundError:
        raise ModelLoadError(
            f"the hub's model {hub_id} has no revision {revision}: check {variable}"
        ) from None
    except (GatedRepoError, RepositoryNotFoundError):
        raise ModelLoadError(
            f"the hub has no public model {hub_id}: check {variable}, or download a gated model yourself "
            f"and set {variable} to its folder"
        ) from None
    except HfHubHTTPError as error:
        raise _UnreachableError(f"status {error.response.status_code}") from None
    except Exception as error:  # the HTTP library underneath, and its errors, change between versions
        raise _UnreachableError(type(error).__name__) from None


def _unreachable(model: ModelChoice, error: Exception) -> str:
    from huggingface_hub import constants

    return (
        f"{model.hub_id} cannot be downloaded: {constants.ENDPOINT} cannot be reached ({error}); "
        f"copy the model's folder here and set {model.variable}=/its/path, or {_way_out(model)}"
    )


def _way_out(model: ModelChoice) -> str:
    """What works without this model."""
    return f"leave {TRANSLATION} empty" if model.variable == TRANSLATION else "set BOT_MODEL=pocket"


def _wanted_bytes(found: HubModel) -> dict[str, int]:
    """Files to be fetched and their sizes."""
    files = {file.rfilename: file.size or 0 for file in found.siblings or []}
    return {name: size for name, size in files.items() if _is_wanted(name)}


def _is_wanted(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in ALLOWED) and not any(
        fnmatch(name, pattern) for pattern in IGNORED
    )


def _check(hub_id: str, found: HubModel) -> None:
    """Refuse before the download what could not be loaded after it."""
    wanted = _wanted_bytes(found)
    if "config.json" not in wanted:
        raise ModelLoadError(f"the hub's {hub_id} is no model that Parley can run: it has no config.json")
    if not any(name.endswith(".safetensors") for name in wanted):
        raise ModelLoadError(
            f"the hub's {hub_id} has no safetensors weights, and other formats can run code: choose another "
            "model or revision"
        )


def _download(model: ModelChoice, found: HubModel, on_progress: OnProgress) -> Path:
    from huggingface_hub import snapshot_download

    hub_id = model.hub_id or ""
    total_bytes = sum(_wanted_bytes(found).values())
    is_done = threading.Event()
    report = threading.Thread(target=_report, args=(hub_id, total_bytes, on_progress, is_done), daemon=True)
    on_progress(0, total_bytes)
    report.start()
    try:
        return Path(
            snapshot_download(
                hub_id,
                revision=found.sha,
                allow_patterns=ALLOWED,
                ignore_patterns=IGNORED,
                token=False,
                max_workers=4,
            )
        )
    except Exception as error:  # see _look_up; and the disk may be full
        reason = (
            os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
        )
        raise ModelLoadError(
            f"the download of {hub_id} broke off ({reason}); start again to go on with it, "
            f"or {_way_out(model)}"
        ) from None
    finally:
        is_done.set()
        report.join()


def _report(hub_id: str, total_bytes: int, on_progress: OnProgress, is_done: threading.Event) -> None:
    """Tell how much is on the disk, until done: the files say it for every way of downloading."""
    from huggingface_hub import constants

    blobs = Path(constants.HF_HUB_CACHE) / f"models--{hub_id.replace('/', '--')}" / "blobs"
    while not is_done.wait(_POLL_S):
        on_progress(min(_size(blobs), total_bytes), total_bytes)


def _size(folder: Path) -> int:
    size = 0
    for file in folder.glob("*"):
        try:
            size += file.stat().st_size
        except OSError:
            continue  # renamed meanwhile
    return size


class _Pins:
    """The commits in use, in a small JSON file: `{"org/name@revision": commit}`."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def get(self, key: str) -> str | None:
        return _as_commit(self._read().get(key))

    def put(self, key: str, commit: str) -> None:
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps({**self._read(), key: commit}, indent=2) + "\n")
        new.replace(self._file)

    def _read(self) -> dict[str, str]:
        try:
            pins = json.loads(self._file.read_text()) if self._file else {}
        except (OSError, ValueError):
            return {}
        return pins if isinstance(pins, dict) else {}
