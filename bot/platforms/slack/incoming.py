"""From Slack's events to the bot's messages: pure functions on the payloads, no I/O.

They decide what is meant for the bot. They know nothing of the connection, storage or answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from bot.conversation.commands import command_in, in_zone, parse_command
from bot.conversation.memory.phrases import without_call
from bot.conversation.rules import USUAL, Rules
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.channel_options import with_channels
from bot.platforms.slack.commands import for_one, task_name, without_prefix
from bot.platforms.slack.contents import channels_in, line_of, people_in, words_of
from bot.platforms.slack.markup import calls_others, mentioned, readable
from bot.platforms.slack.names import UNKNOWN, Person
from bot.platforms.slack.payloads import Payload, moment, part, parts, text

PLATFORM = "slack"
DIRECT = "D"
"""What the ids of conversations with the bot alone begin with."""
BY_COMMAND = "command-"
"""What the ids of slash commands begin with."""

_TALK = ("", "file_share", "thread_broadcast", "me_message")
"""Subtypes of messages that people wrote; all others are notices, and `bot_message`."""

Kind = Literal["message", "edit", "deletion", "other"]


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account: its ids, what it calls itself, and its workspace, or organisation: the address
    and the id, as conversation keys have it."""

    user_id: str
    bot_id: str
    name: str
    workspace_url: str = ""
    workspace_id: str = ""


class Edit(NamedTuple):
    """A message as it reads after an edit."""

    conversation: ConversationKey
    message_id: str
    text: str
    edited_at: datetime


def kind_of(body: Payload) -> Kind:
    """What an event is about. A message with replies is not deleted but emptied: that is a deletion too."""
    event = part(body, "event")
    if event.get("type") not in ("message", "app_mention"):
        return "other"
    subtype = text(event, "subtype")
    if subtype == "message_deleted":
        return "deletion"
    if subtype == "message_changed":
        return "deletion" if text(part(event, "message"), "subtype") == "tombstone" else "edit"
    return "message" if subtype in _TALK else "other"


def workspace_of(body: Payload) -> str:
    """The workspace that the bot is installed in, or the Enterprise Grid organisation. In a channel shared
    with another company, `team_id` may be theirs: the first authorization, or a view, says which is ours."""
    for one in (*parts(body, "authorizations")[:1], body):
        if str(one.get("is_enterprise_install")).lower() == "true":
            enterprise, home = part(one, "enterprise"), part(one, "team")
            return text(one, "enterprise_id") or text(enterprise, "id") or text(home, "enterprise_id")
        ours = text(part(one, "view"), "app_installed_team_id")
        if team := ours or text(one, "team_id") or text(part(one, "team"), "id"):
            return team
    return text(body, "enterprise_id")


def conversation_key(body: Payload, message: Payload) -> ConversationKey:
    """The conversation of a message. The first message of a thread belongs to the channel."""
    thread = text(message, "thread_ts")
    channel = text(part(body, "event"), "channel")
    is_reply = bool(thread) and thread != text(message, "ts")
    return ConversationKey(PLATFORM, workspace_of(body), channel, thread if is_reply else None)


def message_in(body: Payload) -> Payload:
    """The message that an event is about, as it now reads."""
    event = part(body, "event")
    if text(event, "subtype") != "message_changed":
        return event
    message = part(event, "message")
    return message if "ts" in message else {**message, "ts": text(part(event, "previous_message"), "ts")}


def people_of(body: Payload, me: Me) -> frozenset[str]:
    """The ids of the people and channels whose names are needed to read an event."""
    message = message_in(body)
    return (people_in(message) | channels_in(message) | {text(message, "user")}) - {"", me.user_id}


def is_from_person(message: Payload, me: Me) -> bool:
    """Whether a person wrote it, and no bot (this one too) and no notice of Slack's: no loops."""
    user = text(message, "user")
    is_bot = bool(message.get("bot_id") or message.get("bot_profile"))
    is_talk = text(message, "subtype") in _TALK
    return bool(user) and user not in (me.user_id, "USLACKBOT") and not is_bot and is_talk


def is_direct(body: Payload) -> bool:
    """Whether it was written to the bot alone."""
    event = part(body, "event")
    return event.get("channel_type") == "im" or text(event, "channel").startswith(DIRECT)


def is_call(message: Payload, me: Me) -> bool:
    """Whether a message mentions the bot."""
    return me.user_id in mentioned(text(message, "text"))


def is_addressed(body: Payload, me: Me, *, is_called_into: bool, rules: Rules = USUAL) -> bool:
    """Whether the bot is to answer: direct messages, and where `rules` let it speak mentions, wake words, and
    in a thread under one of its messages or into which it was called (or anywhere, by the rules) everything
    that is not plainly meant for somebody else. Where they do not, only commands behind its name."""
    message = message_in(body)
    if is_direct(body):
        return True
    line = line_of(message, me, {})
    if rules.speak == "off":
        return is_call(message, me) and _command(line, line) is not None
    if is_call(message, me) or (rules.speak == "mention" and rules.is_woken_by(line)):
        return True
    is_reply = conversation_key(body, message).thread_id is not None
    takes_part = is_called_into or text(message, "parent_user_id") == me.user_id
    is_expected = rules.speak == "always" or (is_reply and takes_part)
    return is_expected and not calls_others(text(message, "text"))


def to_incoming(
    body: Payload,
    me: Me,
    names: Mapping[str, str],
    *,
    is_called_into: bool = False,
    author: Person = UNKNOWN,
    rules: Rules = USUAL,
    files: Sequence[str] = (),
) -> IncomingMessage | None:
    """A message as the bot is told of it; None for what people did not write, and for what has no words and
    is not addressed by a call. The message may be new or edited. `rules` are those of the channel, `files`
    is what `attachments.read_files` made of its files."""
    message = message_in(body)
    sent_at = moment(text(message, "ts"))
    if sent_at is None or not is_from_person(message, me):
        return None
    words = words_of(message, me, names, files=files)
    if not words and not (is_direct(body) or is_call(message, me)):
        return None
    user = text(message, "user")
    is_for_bot = is_addressed(body, me, is_called_into=is_called_into, rules=rules)
    command = None
    if is_for_bot:
        # What hangs on the message may be what the command is to work on, or nothing that it takes.
        typed = words, line_of(message, me, names), line_of(message, me, names, keeps_channels=True)
        seen, line, raw = (rules.without_wake_word(without_call(one, me.name)) for one in typed)
        command = _command(raw, seen, line)
        command = command and given_by(command, author, is_own=is_direct(body))
    return IncomingMessage(
        conversation=conversation_key(body, message),
        message_id=text(message, "ts"),
        event_id=text(body, "event_id"),
        author=Author(user, names.get(user, user)),
        text=words,
        sent_at=sent_at,
        is_addressed=is_for_bot,
        command=command and in_zone(command, sent_at.astimezone(author.zone)),
        is_call=is_call(message, me),
    )


def _command(raw: str, *lines: str) -> Command | None:
    """The command behind the bot's name, if there is one. `raw` is the line with mentions of channels."""
    return with_channels(command_in(*map(without_prefix, lines)), command_in(without_prefix(raw)))


def given_by(command: Command, author: Person, *, is_own: bool) -> Command:
    """A command with what its author may do: people manage their own conversations with the bot, and admins
    all of the workspace's."""
    is_own_place = is_own and not author.is_manager
    by_manager = is_own or author.is_manager
    return replace(command, by_manager=by_manager, is_own_place=is_own_place, language=author.language)


def is_edit(body: Payload) -> bool:
    """Whether a person changed what a message says: Slack changes it, too, for a preview or a reply."""
    return moment(text(part(message_in(body), "edited"), "ts")) is not None


def to_edit(body: Payload, heard: IncomingMessage | None) -> Edit | None:
    """An edit of a message that is `heard` so by now: where nothing is left of it, it says nothing."""
    message = message_in(body)
    edited_at = moment(text(part(message, "edited"), "ts"))
    if edited_at is None:
        return None
    return Edit(conversation_key(body, message), text(message, "ts"), heard.text if heard else "", edited_at)


def as_it_was(body: Payload) -> Payload:
    """The event of an edit, as if the message still read as before it."""
    event = part(body, "event")
    before = part(event, "previous_message") or part(event, "message")
    return {**body, "event": {**event, "message": before}}


def became_call(body: Payload, me: Me) -> bool:
    """Whether an edit put the bot's name into a message: Slack sends no mention for that."""
    before = part(body, "event", "previous_message")
    return is_call(message_in(body), me) and not is_call(before, me)


def to_deletion(body: Payload) -> tuple[ConversationKey, str] | None:
    """Where which message was deleted. The bot's own count too."""
    event = part(body, "event")
    before = part(event, "previous_message") or part(event, "message")
    message_id = text(event, "deleted_ts") or text(before, "ts")
    if not message_id:
        return None
    return conversation_key(body, {**before, "ts": message_id}), message_id


def from_command(
    payload: Payload, received_at: datetime, names: Mapping[str, str], *, author: Person = UNKNOWN
) -> IncomingMessage:
    """A slash command. Slack says no time and no thread. Raises CommandError when it was used wrongly."""
    name, words = task_name(text(payload, "command")), text(payload, "text")
    line = f"/{name} {readable(words, names)}".rstrip()
    user, trigger = text(payload, "user_id"), text(payload, "trigger_id")
    raw = parse_command(f"/{name} {readable(words, names, keeps_channels=True)}".rstrip())
    command = with_channels(parse_command(line), raw)
    if command is not None:
        is_own = text(payload, "channel_id").startswith(DIRECT)
        command = given_by(for_one(command), author, is_own=is_own)
    return IncomingMessage(
        conversation=ConversationKey(PLATFORM, workspace_of(payload), text(payload, "channel_id")),
        message_id=f"{BY_COMMAND}{trigger}",
        event_id=f"{BY_COMMAND}{trigger}",
        author=Author(user, names.get(user) or text(payload, "user_name") or user),
        text=line,
        sent_at=received_at,
        is_addressed=True,
        command=command and in_zone(command, received_at.astimezone(author.zone)),
    )
