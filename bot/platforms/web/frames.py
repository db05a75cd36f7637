"""The websocket's language: JSON frames, one object each, named by `type`.

What lives here: the frames that a page may send, read and checked, and the frames that pages are sent. It
knows nothing of sockets and nothing of the bot. Ids are made by the page: sending a frame with the same id
again after a reconnect changes nothing the second time.

From the page:

    send     id, channel, thread?, person, text, reply_to?   a message or a typed command
    edit     id, text                                         one's own message
    delete   id                                               one's own message
    stop     channel, thread?                                 the answer being made there
    control  action, id, person                               regenerate, continue or undo the answer `id`
    find     id                                               where a message is
    history  channel, thread?, before?, back_to?              a page of messages older than `seq` `before`; or
                                                              all from a little before `back_to`
    full     id                                               the whole text of a shortened message
    channel  name                                             make a channel
    person   name                                             make somebody to speak as
    delete_channel  channel                                   erase a channel

To the page:

    hello    bot, channels, people, commands, rest_options, model, replies, max_chars   first of a connection
    message  message                                          a new message
    edit     message                                          a known message as it is now
    delete   id, channel, thread                              a message is gone
    history  channel, thread, before, messages, has_more, is_bot_in   the answer to `history`
    full     id, text                                         the answer to `full`
    found    id, channel, thread, seq                         the answer to `find`
    done     text                                             the answer to `control`
    reply    state, reply_id, channel, thread, question, outcome?   the bot starts or has finished an answer
    status   reply_id, channel, thread, text                  what the bot is doing before its first word
    channel  channel                                          a new channel
    person   person                                           somebody new, or who was asked for and is here
    channel_gone  channel                                     a channel was deleted
    model    text                                             the model's status
    error    text, id?, can_retry                             a sentence for the person; `id`: about what

Texts above `CLIPPED_CHARS` are sent shortened, with `more` telling how many characters are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import PlatformError
from bot.platforms.web.notes import Channel, Note, Person

MAX_FRAME_BYTES = 2 * 1024 * 1024
MAX_TEXT_CHARS = 1_048_576
"""One message may have a mebi of characters, as long as its frame fits."""

CLIPPED_CHARS = 20_000
MAX_NAME_CHARS = 40
LASTING_CHANNELS = ("direct", "general")
"""The channels that are there from the first start on."""

ACTIONS = ("regenerate", "continue", "undo")

Frame = dict[str, object]

_ID = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


class FrameError(PlatformError):
    """A frame cannot be used. `user_message` says why; `frame_id` names the message it was about."""

    def __init__(self, user_message: str, frame_id: str | None = None) -> None:
        super().__init__("a page sent a frame that cannot be used", user_message)
        self.frame_id = frame_id


@dataclass(frozen=True, slots=True)
class Send:
    """A new message or command."""

    id: str
    channel: str
    thread: str | None
    person: str
    text: str
    reply_to: str | None


@dataclass(frozen=True, slots=True)
class Edit:
    """A message's new text."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Delete:
    """A message is to go."""

    id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The answer being made in a place is to stop."""

    channel: str
    thread: str | None


@dataclass(frozen=True, slots=True)
class Control:
    """Something is to be done about an answer of the bot's: one of ACTIONS."""

    action: str
    id: str
    person: str


@dataclass(frozen=True, slots=True)
class Find:
    """The place of a message is wanted."""

    id: str


@dataclass(frozen=True, slots=True)
class History:
    """A page of messages is wanted."""

    channel: str
    thread: str | None
    before: int | None
    back_to: int | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """The whole text of a message is wanted."""

    id: str


@dataclass(frozen=True, slots=True)
class NewChannel:
    """A channel is to be made."""

    name: str


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody new to speak as."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteChannel:
    """A channel is to go, with all that was said there."""

    channel: str


ClientFrame = (
    Send | Edit | Delete | Stop | Control | Find | History | Full | NewChannel | NewPerson | DeleteChannel
)


def parse(data: str) -> ClientFrame:
    """Read and check one frame of a page. Raises FrameError."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        raise FrameError("The page sent something that is not JSON. Please reload it.") from None
    if not isinstance(fields, dict):
        raise FrameError("The page sent something that is not a frame. Please reload it.")
    read = _READERS.get(str(fields.get("type")))
    if read is None:
        raise FrameError("The page sent a frame that I do not know. Please reload it.")
    return read(_Reader(fields))


def _send(reader: _Reader) -> Send:
    return Send(
        id=reader.id("id"),
        channel=reader.id("channel"),
        thread=reader.id_or_none("thread"),
        person=reader.id("person"),
        text=reader.text(),
        reply_to=reader.id_or_none("reply_to"),
    )


def _history(reader: _Reader) -> History:
    return History(
        channel=reader.id("channel"),
        thread=reader.id_or_none("thread"),
        before=reader.number_or_none("before"),
        back_to=reader.number_or_none("back_to"),
    )


class _Reader:
    """Takes checked fields out of one frame; every complaint names the message the frame was about."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields
        frame_id = fields.get("id")
        self._frame_id = frame_id if isinstance(frame_id, str) and _ID.fullmatch(frame_id) else None

    def id(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or not _ID.fullmatch(value):
            raise self._unusable(name)
        return value

    def id_or_none(self, name: str) -> str | None:
        return None if self._fields.get(name) is None else self.id(name)

    def one_of(self, name: str, values: Sequence[str]) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str) or value not in values:
            raise self._unusable(name)
        return value

    def number_or_none(self, name: str) -> int | None:
        value = self._fields.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53):
            return value
        raise self._unusable(name)

    def _unusable(self, name: str) -> FrameError:
        sentence = f"The page sent a frame without a usable `{name}`. Please reload it."
        return FrameError(sentence, self._frame_id)

    def text(self) -> str:
        value = self._fields.get("text")
        if not isinstance(value, str) or not value.strip():
            raise FrameError("There is nothing in this message yet.", self._frame_id)
        if len(value) > MAX_TEXT_CHARS:
            raise FrameError(f"This message has more than {MAX_TEXT_CHARS:,} characters.", self._frame_id)
        return value

    def name(self) -> str:
        value = self._fields.get("name")
        name = " ".join(value.split()) if isinstance(value, str) else ""
        if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
            raise FrameError(f"A name needs 1 to {MAX_NAME_CHARS} visible characters.", self._frame_id)
        return name


_READERS: dict[str, Callable[[_Reader], ClientFrame]] = {
    "send": _send,
    "edit": lambda reader: Edit(reader.id("id"), reader.text()),
    "delete": lambda reader: Delete(reader.id("id")),
    "stop": lambda reader: Stop(reader.id("channel"), reader.id_or_none("thread")),
    "control": lambda reader: Control(reader.one_of("action", ACTIONS), reader.id("id"), reader.id("person")),
    "find": lambda reader: Find(reader.id("id")),
    "history": _history,
    "full": lambda reader: Full(reader.id("id")),
    "channel": lambda reader: NewChannel(reader.name()),
    "person": lambda reader: NewPerson(reader.name()),
    "delete_channel": lambda reader: DeleteChannel(reader.id("channel")),
}


# --- to the page -------------------------------------------------------------------------------


def encode(frame: Mapping[str, object]) -> str:
    """A frame as it goes over the wire: ASCII, so that lone surrogates survive."""
    return json.dumps(frame, separators=(",", ":"))


def note_view(note: Note, reply_id: int | None = None) -> Frame:
    """A message as a page sees it."""
    clipped = note.text[:CLIPPED_CHARS]
    return {
        "id": note.id,
        "seq": note.seq,
        "channel": note.channel,
        "thread": note.thread,
        "author": {"id": note.author_id, "name": note.author_name, "is_bot": note.is_bot},
        "text": clipped,
        "more": len(note.text) - len(clipped),
        "reply_to": note.reply_to,
        "sent_ms": note.sent_ms,
        "edited_ms": note.edited_ms,
        "is_command": note.is_command,
        "is_deleted": note.is_deleted,
        "thread_replies": note.thread_replies,
        "audience": note.audience,
        "kind": note.kind,
        "reply_id": reply_id,
    }


def message_frame(kind: str, note: Note, reply_id: int | None = None) -> Frame:
    """A `message` or `edit` frame."""
    return {"type": kind, "message": note_view(note, reply_id)}


def history_frame(request: History, views: Sequence[Frame], *, has_more: bool, is_bot_in: bool) -> Frame:
    """The answer to a `history` frame. `is_bot_in`: the bot answers in this thread without being called."""
    return {
        "type": "history",
        "channel": request.channel,
        "thread": request.thread,
        "before": request.before,
        "messages": list(views),
        "has_more": has_more,
        "is_bot_in": is_bot_in,
    }


def channel_view(channel: Channel) -> Frame:
    """A channel as a page sees it; a lasting one cannot be deleted."""
    is_lasting = channel.id in LASTING_CHANNELS
    return {"id": channel.id, "name": channel.name, "kind": channel.kind, "is_lasting": is_lasting}


def person_view(person: Person) -> Frame:
    """A person as a page sees them."""
    return {"id": person.id, "name": person.name}


def error_frame(text: str, frame_id: str | None = None, *, can_retry: bool = False) -> Frame:
    """A sentence for the person, about the frame `frame_id` if there is one."""
    return {"type": "error", "text": text, "id": frame_id, "can_retry": can_retry}
