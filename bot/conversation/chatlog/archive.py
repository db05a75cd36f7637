"""Unpacks a zip file of one channel's messages, within limits; knows how Slack names files."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.conversation.chatlog.log import FORMATS, MAX_BYTES
from bot.conversation.text.safety import clean_name
from bot.errors import CommandError

MAX_FILES = 2_000
MAX_NAMED = 10
"""Channels named in an answer to a zip file of many."""
_USERS, _CHANNELS = "users.json", "channels.json"
_LISTS = (_USERS, _CHANNELS, "dms.json", "groups.json", "mpims.json", "integration_logs.json")


@dataclass(frozen=True, slots=True)
class Archive:
    """The JSON texts of one channel in the order of their names (the days), and the lists of people and
    channels where the zip file has them."""

    texts: Sequence[str]
    users: str = ""
    channels: str = ""

    @classmethod
    def read(cls, data: bytes) -> Archive:
        """Unpack in memory. Raises CommandError, for a zip file of several channels too."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return _read(archive)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
            zlib.error,
        ):
            raise CommandError(f"That zip file cannot be read. {FORMATS}") from None


def _read(archive: zipfile.ZipFile) -> Archive:
    entries = [entry for entry in archive.infolist() if _is_json(entry.filename)]
    lists = {_base(entry.filename): entry for entry in entries if _base(entry.filename) in _LISTS}
    # Newer exports have more lists; whatever lies beside the known ones is no channel.
    roots = {_folder(entry.filename) for entry in lists.values()}
    days = [
        entry
        for entry in entries
        if _base(entry.filename) not in _LISTS and (not roots or _folder(entry.filename) not in roots)
    ]
    if not days:
        days = [entry for entry in entries if _base(entry.filename) not in _LISTS]
    _check_one_channel({_folder(entry.filename) for entry in days})
    reader = _Reader(archive)
    texts = [reader.text(entry) for entry in sorted(days, key=lambda entry: entry.filename)]
    users, channels = (reader.text(lists[name]) if name in lists else "" for name in (_USERS, _CHANNELS))
    return Archive(texts, users, channels)


def _check_one_channel(folders: set[str]) -> None:
    if len(folders) < 2:
        return
    names = sorted(clean_name(_base(folder)) for folder in folders)
    named = ", ".join(names[:MAX_NAMED])
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    raise CommandError(
        f"That zip file has {len(names)} channels: {named}{more}. Please unpack it, zip the folder of one "
        "channel (together with users.json, for people's names), and send me that."
    )


class _Reader:
    """Reads files of a zip file as long as they do not unpack to too much."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive, self._bytes_left, self._files_left = archive, MAX_BYTES, MAX_FILES

    def text(self, entry: zipfile.ZipInfo) -> str:
        """One file. Raises CommandError."""
        self._files_left -= 1
        if entry.file_size > self._bytes_left or self._files_left < 0:
            raise _too_large()
        with self._archive.open(entry) as file:
            content = file.read(self._bytes_left + 1)
        self._bytes_left -= len(content)
        if self._bytes_left < 0:
            raise _too_large()
        return decoded(content)


def _too_large() -> CommandError:
    return CommandError("That zip file unpacks to too much. Please send fewer days of one channel.")


def _is_json(name: str) -> bool:
    return name.endswith(".json") and not _base(name).startswith(".") and "__MACOSX" not in name


def _base(name: str) -> str:
    return name.rpartition("/")[2]


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def decoded(data: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 where they say so. Raises CommandError for what is not text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:1024]:
        raise CommandError(f"That file is not text. {FORMATS}")
    return data.decode("utf-8", errors="replace")
