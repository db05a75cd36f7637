"""What only Slack's exports have: people and channels by id, and text with its own marks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_MARK = re.compile(r"<([^<>\s|][^<>|\n]*)(?:\|([^<>\n]*))?>|&(amp|lt|gt);")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_EVERYBODY = ("here", "channel", "everyone")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}


@dataclass(frozen=True, slots=True)
class Names:
    """Display names of people, and names of channels, by Slack's ids."""

    people: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_lists(cls, users: str, channels: str) -> Names:
        """The names in an export's users.json and channels.json; a list that cannot be read has none, since
        the messages can be read without it."""
        return cls(_by_id(users), _by_id(channels))

    def __or__(self, other: Names) -> Names:
        """Both; a name in `other` counts more."""
        return Names({**self.people, **other.people}, {**self.channels, **other.channels})


def names_in_messages(records: Sequence[object]) -> Names:
    """The names that messages of an export give of their authors."""
    people = {}
    for record in records:
        if isinstance(record, dict) and isinstance(user := record.get("user"), str):
            name = _display_name({"profile": record.get("user_profile")})
            if name:
                people[user] = name
    return Names(people)


def is_slack(record: Mapping[str, object]) -> bool:
    """Whether a record is a message of a Slack export."""
    return record.get("type") == "message" and "ts" in record


def readable(text: str, names: Names) -> str:
    """A message's text as people saw it: mentions by name, links with their labels, no escapes. A mention of
    somebody unknown stays as it is."""

    def shown(match: re.Match[str]) -> str:
        if match[3]:
            return _ENTITIES[match[3]]
        return _unescaped(_shown(match[1], match[2] or "", names) or match[0])

    return _MARK.sub(shown, text)


def _shown(target: str, label: str, names: Names) -> str:
    kind, rest = target[0], target[1:]
    if kind == "@":
        name = label or names.people.get(rest, "")
        return f"@{name.removeprefix('@')}" if name else ""
    if kind == "#":
        name = label or names.channels.get(rest, "")
        return f"#{name.removeprefix('#')}" if name else ""
    if kind == "!":
        return label or (f"@{rest}" if rest in _EVERYBODY else "")
    address = target.removeprefix("mailto:")
    is_same = not label or label in (address, address.partition("://")[2])
    return address if is_same else f"{label} ({address})"


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda match: _ENTITIES[match[1]], text)


def _by_id(text: str) -> dict[str, str]:
    try:
        entries = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return {}
    found = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(own_id := entry.get("id"), str):
            name = _display_name(entry)
            if name:
                found[own_id] = name
    return found


def _display_name(entry: Mapping[str, object]) -> str:
    """The name that people see of an entry of users.json or channels.json."""
    profile = entry.get("profile")
    names = [profile.get("display_name"), profile.get("real_name")] if isinstance(profile, dict) else []
    if isinstance(profile, dict):
        names.append(profile.get("name"))
    names += [entry.get("real_name"), entry.get("name")]
    return next((name for name in names if isinstance(name, str) and name.strip()), "")
