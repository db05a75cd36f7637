"""What people are called in a summary: by their names, and never two by the same. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from bot.conversation.text.safety import ANONYMOUS, clean_name, folded_name
from bot.messages import Turn

_MARKS = re.compile(r"[\[\](){}<>|*_`~\\#\uff3b\uff3d\u3010\u3011]")


def names_of(turns: Iterable[Turn]) -> dict[str, str]:
    """The people who wrote `turns`: a name for each id, the newest where somebody changed it."""
    return {turn.author.id: plain_name(turn.author.name) for turn in turns if turn.author}


def plain_name(name: str) -> str:
    """A display name without anything that means something in Markdown or in a numbered line."""
    return clean_name(_MARKS.sub(" ", name))


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """What each id is called: the name, with a number in the order of `names` where others show the same.

    A name has no # of its own, so that nobody can show such a number; nor is it read as a source.
    """
    ids = defaultdict(list)
    for person, name in names.items():
        ids[folded_name(name)].append(person)
    alike = {person: ids[folded_name(name)] for person, name in names.items()}
    return {
        person: name if len(alike[person]) == 1 else f"{name} #{alike[person].index(person) + 1}"
        for person, name in names.items()
    }


def label_of(turn: Turn, called: Mapping[str, str]) -> str:
    """What the author of a message is called."""
    if turn.author is None:
        return ANONYMOUS
    return called.get(turn.author.id) or plain_name(turn.author.name)


def relabelled(text: str, used: Mapping[str, str], called: Mapping[str, str]) -> str:
    """`text`, in which people are named as `used` says, with the names that `called` has for them."""
    changed = {name: called[person] for person, name in used.items() if called.get(person, name) != name}
    if not changed or len(changed) != sum(name in changed for name in used.values()):
        return text
    longest_first = sorted(changed, key=len, reverse=True)
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?![\w#]| #\d)" for name in longest_first)
    return re.sub(pattern, lambda match: changed[match[0]], text)
