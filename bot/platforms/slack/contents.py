"""What people see in a Slack message, in words: its text, the messages that it shares, and its files.

Pure functions on the payloads. Nothing here decides whom a message is for, and nothing is fetched. Pages that
Slack looked up for a link are left out: nobody said them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bot.conversation.text.sentences import shortened
from bot.platforms.slack.markup import channels_of, labels_in, mentioned, readable, to_markdown, without_call
from bot.platforms.slack.payloads import Payload, part, parts, text
from bot.platforms.slack.rich_text import channels_in as channels_in_blocks
from bot.platforms.slack.rich_text import markdown_in
from bot.platforms.slack.rich_text import people_in as mentioned_in_blocks
from bot.platforms.text_files import note_of

if TYPE_CHECKING:
    from bot.platforms.slack.incoming import Me

MAX_SHARED_CHARS = 4_000
_GONE = ("tombstone", "hidden_by_limit")
"""Modes of files that are not there any more."""


def words_of(message: Payload, me: Me, names: Mapping[str, str], *, files: Sequence[str] = ()) -> str:
    """Everything people see in a message, as Markdown: the call of the bot taken off, mentions by name.

    `files` are the words of its files where they were read, in the order of `files_of`.
    """
    told = [_written(message, me, names), *(_shared(one, names) for one in _shares(message))]
    told += files or [describe(file) for file in files_of(message)]
    return "\n".join(words for words in told if words.strip())


def line_of(message: Payload, me: Me, names: Mapping[str, str], *, keeps_channels: bool = False) -> str:
    """What a person typed, without its markup and nothing of what hangs on it."""
    typed = without_call(text(message, "text"), me.user_id)
    return readable(typed, {**names, me.user_id: me.name}, keeps_channels=keeps_channels)


def people_in(message: Payload) -> frozenset[str]:
    """The ids of the people whom a message, or one that it shares, mentions or quotes."""
    shares = _shares(message)
    found = mentioned(text(message, "text")) | mentioned_in_blocks(parts(message, "blocks"))
    for one in shares:
        found |= {text(one, "author_id")} | mentioned(text(one, "text"))
    return found - {""}


def channels_in(message: Payload) -> frozenset[str]:
    """The ids of the channels that a message mentions without their names."""
    plain = text(message, "text")
    return (channels_of(plain) | channels_in_blocks(parts(message, "blocks"))) - labels_in(plain).keys()


def files_of(message: Payload) -> list[Payload]:
    """The files of a message and of the messages that it shares, but for those that were deleted."""
    shared = [file for one in _shares(message) if not _is_closed(one) for file in parts(one, "files")]
    return [file for file in (*parts(message, "files"), *shared) if text(file, "mode") not in _GONE]


def describe(file: Payload, remark: str = "") -> str:
    """A file by its kind, name and size, and by what its sender says that it shows."""
    if text(file, "subtype") == "slack_audio":
        return "\n".join(filter(None, [f"[voice message, {_seconds(file)} s]", _spoken(file)]))
    name, title = text(file, "name") or text(file, "title") or "without a name", text(file, "title")
    said = [text(file, "alt_txt"), title if title != name else ""]
    remark = remark or " ".join(next(filter(str.strip, said), "").split())
    size = file.get("size")
    return note_of(text(file, "mimetype"), name, size if isinstance(size, int) else 0, remark)


def _written(message: Payload, me: Me, names: Mapping[str, str]) -> str:
    """What a person wrote: by the blocks that their client sent, else by the text that Slack made of them."""
    plain = text(message, "text")
    rich = markdown_in(parts(message, "blocks"), {**labels_in(plain), **names}, me.user_id)
    if rich:
        return without_call(rich, me.user_id).replace(f"<@{me.user_id}>", f"@{me.name}")
    return to_markdown(without_call(plain, me.user_id), {**names, me.user_id: me.name}).strip("\n")


def _shares(message: Payload) -> list[Payload]:
    """The messages that a message shows again: shared ones, and those that it has links to."""
    attached = parts(message, "attachments")
    return [one for one in attached if one.get("is_share") is True or one.get("is_msg_unfurl") is True]


def _is_closed(share: Payload) -> bool:
    """Whether it was said in a private channel, of which not all who are here may read."""
    return share.get("private_channel_prompt") is True


def _shared(share: Payload, names: Mapping[str, str]) -> str:
    """A shared message as a quotation."""
    if _is_closed(share):
        return "[shared message from a private channel]"
    rich = [
        markdown_in(parts(part(one, "message"), "blocks"), names) for one in parts(share, "message_blocks")
    ]
    words = "\n".join(filter(None, rich)) or to_markdown(text(share, "text"), names)
    author = names.get(text(share, "author_id")) or text(share, "author_name") or "someone"
    quoted = "\n".join(f"> {line}" for line in shortened(words, MAX_SHARED_CHARS).split("\n"))
    return f"[shared message from {author}]\n{quoted}"


def _seconds(file: Payload) -> int:
    value = file.get("duration_ms")
    return round(value / 1000) if isinstance(value, int) else 0


def _spoken(file: Payload) -> str:
    """What Slack itself heard in a voice message."""
    return text(part(file, "transcription", "preview"), "content").strip()
