"""What a Discord message becomes for the bot, on payloads as Discord sends them and discord.py reads them."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.discord.incoming import Me, channel_id, conversation_key, to_incoming
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload

PARLEY_ID, ANN_ID, BEN_ID, ROLE_ID, TEAM_ID, SERVER, GENERAL, THREAD, DIRECT = range(10**18, 10**18 + 9)
PARLEY: Any = payloads.user(PARLEY_ID, "Parley", is_bot=True)
ANN, BEN = payloads.user(ANN_ID, "Ann"), payloads.user(BEN_ID, "Ben")
MANAGE_CHANNELS = 1 << 4
ME = Me(PARLEY_ID, "Parley")
IN_GENERAL = conversation_key(SERVER, GENERAL)


@pytest.fixture(scope="module")
def state() -> Any:
    """discord.py's own idea of a server, without a connection."""
    state: Any = discord.Client(intents=discord.Intents(guilds=True))._connection
    state.user = discord.ClientUser(state=state, data=PARLEY)
    roles = [
        payloads.role(ROLE_ID, "Parley", bot_id=PARLEY_ID),
        payloads.role(TEAM_ID, "Team", MANAGE_CHANNELS),
    ]
    channels = [payloads.text_channel(GENERAL, "general")]
    threads = [payloads.thread_channel(THREAD, "cats", SERVER, GENERAL, ANN_ID)]
    state._add_guild_from_data(
        payloads.guild(SERVER, "Home", PARLEY, channels=channels, threads=threads, roles=roles)
    )
    return state


def read(
    state: Any, payload: Payload, key: ConversationKey = IN_GENERAL, *, is_called_into: bool = False
) -> IncomingMessage | None:
    channel, _ = state._get_guild_channel(payload)
    message = discord.Message(state=state, channel=channel, data=payload)  # type: ignore[arg-type]
    return to_incoming(message, ME, key, is_called_into=is_called_into)


def said(author: Payload, content: str, **more: Any) -> Payload:
    return payloads.message(author, content, GENERAL, guild_id=SERVER, **more)


def test_a_mention_is_a_question_without_the_mention(state: Any) -> None:
    payload = said(ANN, f"<@{PARLEY_ID}> hello", mentions=[PARLEY])
    incoming = read(state, payload)
    assert incoming is not None
    assert incoming == IncomingMessage(
        conversation=ConversationKey("discord", str(SERVER), str(GENERAL)),
        message_id=payload["id"],
        event_id=f"message:{payload['id']}",
        author=Author(str(ANN_ID), "Ann"),
        text="hello",
        sent_at=discord.utils.snowflake_time(int(payload["id"])),
        is_addressed=True,
    )


def test_other_talk_is_passed_on_unaddressed(state: Any) -> None:
    incoming = read(state, said(ANN, "good morning"))
    assert incoming is not None and not incoming.is_addressed and incoming.text == "good morning"


def test_the_name_of_a_server_profile_is_what_people_see(state: Any) -> None:
    incoming = read(state, said(ANN, "hi", member=payloads.member(nick="Annie")))
    assert incoming is not None and incoming.author == Author(str(ANN_ID), "Annie")


def test_a_reply_to_the_bot_is_a_question(state: Any) -> None:
    answer = said(PARLEY, "The answer.")
    incoming = read(state, said(ANN, "and why?", answered=answer))
    assert incoming is not None
    assert incoming.is_addressed and incoming.reply_to == answer["id"] and incoming.text == "and why?"


def test_a_reply_to_somebody_else_is_none_of_its_business(state: Any) -> None:
    first = said(BEN, "cats or dogs?")
    incoming = read(state, said(ANN, "cats", answered=first, mentions=[BEN]))
    assert incoming is not None and not incoming.is_addressed and incoming.reply_to == first["id"]


def test_a_reply_to_a_deleted_message_keeps_its_id(state: Any) -> None:
    payload = said(ANN, "what was that?", answered=said(BEN, "x"))
    payload["referenced_message"] = None
    incoming = read(state, payload)
    assert incoming is not None and not incoming.is_addressed
    assert incoming.reply_to == payload["message_reference"]["message_id"]


def test_a_forward_is_no_reply(state: Any) -> None:
    reference = {"type": 1, "message_id": "5", "channel_id": str(GENERAL)}
    incoming = read(state, said(ANN, f"<@{PARLEY_ID}>", mentions=[PARLEY], message_reference=reference))
    assert incoming is not None and incoming.reply_to is None


def test_the_role_of_the_bot_calls_it_and_other_roles_do_not(state: Any) -> None:
    own = read(state, said(ANN, f"<@&{ROLE_ID}> hello", mention_roles=[ROLE_ID]))
    other = read(state, said(ANN, f"<@&{TEAM_ID}> hello", mention_roles=[TEAM_ID]))
    assert own is not None and own.is_addressed and own.text == "hello"
    assert other is not None and not other.is_addressed and other.text == "@Team hello"


def test_everyone_is_not_the_bot(state: Any) -> None:
    incoming = read(state, said(ANN, "@everyone lunch", mention_everyone=True))
    assert incoming is not None and not incoming.is_addressed


def test_direct_messages_are_questions(state: Any) -> None:
    payload = payloads.message(ANN, "hello", DIRECT)
    incoming = read(state, payload, conversation_key(None, DIRECT))
    assert incoming is not None and incoming.is_addressed
    assert incoming.conversation == ConversationKey("discord", "dm", str(DIRECT))


@pytest.mark.parametrize(
    ("is_called_into", "mentions", "is_addressed"),
    [(True, [], True), (False, [], False), (True, [BEN], False), (True, [BEN, PARLEY], True)],
)
def test_in_threads_it_was_called_into_no_mention_is_needed(
    state: Any, is_called_into: bool, mentions: list[Payload], is_addressed: bool
) -> None:
    payload = payloads.message(ANN, "go on", THREAD, guild_id=SERVER, mentions=mentions)
    key = conversation_key(SERVER, THREAD, GENERAL)
    incoming = read(state, payload, key, is_called_into=is_called_into)
    assert incoming is not None and incoming.is_addressed is is_addressed
    assert incoming.conversation == ConversationKey("discord", str(SERVER), str(GENERAL), str(THREAD))


@pytest.mark.parametrize(
    "payload",
    [
        said(PARLEY, "my own words"),
        said(payloads.user(300, "Robot", is_bot=True), f"<@{PARLEY_ID}> hello", mentions=[PARLEY]),
        said(payloads.user(301, "Hook"), f"<@{PARLEY_ID}> hello", mentions=[PARLEY], webhook_id="301"),
        said(ANN, "", type=7),
        said(ANN, "cats", type=18),
    ],
    ids=["itself", "bot", "webhook", "member joined", "thread created"],
)
def test_what_no_person_wrote_is_ignored(state: Any, payload: Payload) -> None:
    assert read(state, payload) is None


def test_without_the_content_intent_only_what_is_addressed_is_seen(state: Any) -> None:
    assert read(state, said(ANN, "")) is None
    assert read(state, said(ANN, ""), is_called_into=True) is None
    incoming = read(state, said(ANN, f"<@{PARLEY_ID}>", mentions=[PARLEY]))
    assert incoming is not None and incoming.is_addressed and incoming.text == ""


def test_mentions_channels_and_emoji_are_told_by_name(state: Any) -> None:
    content = f"<@{PARLEY_ID}> ask <@{BEN_ID}> of <@&{TEAM_ID}> in <#{GENERAL}> <:wave:7> <a:dance:8> <@999>"
    incoming = read(state, said(ANN, content, mentions=[PARLEY, BEN], mention_roles=[TEAM_ID]))
    assert incoming is not None
    assert incoming.text == "ask @Ben of @Team in #general :wave: :dance: @somebody"


def test_conversations_know_their_channel() -> None:
    assert channel_id(conversation_key(SERVER, GENERAL)) == GENERAL
    assert channel_id(conversation_key(SERVER, THREAD, GENERAL)) == THREAD
    assert channel_id(conversation_key(None, DIRECT)) == DIRECT


@pytest.mark.parametrize(("roles", "manages"), [((), False), ((TEAM_ID,), True)])
def test_a_command_behind_the_name_is_a_command(state: Any, roles: tuple[int, ...], manages: bool) -> None:
    member = payloads.member(roles)
    payload = said(ANN, f"<@{PARLEY_ID}> /summarize last:20", mentions=[PARLEY], member=member)
    incoming = read(state, payload)
    assert incoming is not None and incoming.command == Command("summarize", {"last": "20"}, manages)


@pytest.mark.parametrize("text", ["/usr/bin is full", "/summarize last:many:of them", "what does /help do?"])
def test_what_only_looks_like_a_command_is_a_question(state: Any, text: str) -> None:
    incoming = read(state, said(ANN, f"<@{PARLEY_ID}> {text}", mentions=[PARLEY]))
    assert incoming is not None and incoming.command is None and incoming.is_addressed


def test_a_command_that_is_not_for_the_bot_is_none(state: Any) -> None:
    incoming = read(state, said(ANN, "/summarize last:20"))
    assert incoming is not None and incoming.command is None and not incoming.is_addressed


def test_whoever_may_manage_the_channel_is_a_manager(state: Any) -> None:
    state._get_guild(SERVER).default_role._permissions = 0
    managing: Any = payloads.role(TEAM_ID, "Team")
    managing["permissions"] = str(discord.Permissions(manage_channels=True, view_channel=True).value)
    guild = state._get_guild(SERVER)
    guild._roles[TEAM_ID] = discord.Role(guild=guild, state=state, data=managing)
    plain, manager = payloads.member(), payloads.member() | {"roles": [str(TEAM_ID)]}
    for member, is_manager in ((plain, False), (manager, True)):
        payload = said(BEN, f"<@{PARLEY_ID}> /reset", mentions=[PARLEY], member=member)
        incoming = read(state, payload)
        assert incoming is not None and incoming.command is not None
        assert incoming.command.by_manager is is_manager
