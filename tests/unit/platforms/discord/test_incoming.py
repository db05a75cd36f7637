"""What a Discord message becomes for the bot, on payloads as Discord sends them and discord.py reads them."""

from __future__ import annotations

from typing import Any

import discord
import pytest

from bot.conversation.rules import Rules
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.discord.incoming import (
    channel_id,
    conversation_key,
    from_bot_or_webhook,
    to_incoming,
)
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload
from tests.unit.platforms.discord.server import (
    ANN,
    ANN_ID,
    BEN,
    BEN_ID,
    DIRECT,
    GENERAL,
    ME,
    PARLEY,
    PARLEY_ID,
    ROLE_ID,
    SERVER,
    TEAM_ID,
    THREAD,
    as_read,
    known_server,
    said,
)

IN_GENERAL = conversation_key(SERVER, GENERAL)
READ_HISTORY = 1 << 16


@pytest.fixture(scope="module")
def state() -> Any:
    return known_server()


def read(
    state: Any, payload: Payload, key: ConversationKey = IN_GENERAL, **how: Any
) -> IncomingMessage | None:
    return to_incoming(as_read(state, payload), ME, key, **how)


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
    assert incoming is not None and incoming.command == Command(
        "summarize", {"last": "20"}, manages, given="said"
    )


@pytest.mark.parametrize("text", ["/usr/bin is full", "what does /help do?"])
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


@pytest.mark.parametrize(
    ("rules", "payload", "is_for_bot"),
    [
        (Rules("always"), said(ANN, "anybody here?"), True),
        (Rules("always"), said(ANN, "Ben?", mentions=[BEN]), False),
        (Rules("always"), said(ANN, "team?", mention_roles=[TEAM_ID]), False),
        (Rules("always"), said(ANN, "yes", answered=said(BEN, "really?")), False),
        (Rules("off"), said(ANN, f"<@{PARLEY_ID}> hello", mentions=[PARLEY]), False),
        (Rules("off"), said(ANN, f"<@{PARLEY_ID}> /help", mentions=[PARLEY]), True),
        (Rules("off"), said(ANN, "/help"), False),
        (Rules("mention", ("polly",)), said(ANN, "morning Polly and all"), True),
        (Rules("mention", ("polly",)), said(ANN, "apolly"), False),
        (Rules("off", ("polly",)), said(ANN, "morning polly"), False),
    ],
)
def test_rules_say_when_it_speaks(state: Any, rules: Rules, payload: Payload, is_for_bot: bool) -> None:
    incoming = read(state, payload, rules=rules)
    assert incoming is not None and incoming.is_addressed is is_for_bot
    assert (incoming.command is not None) is (is_for_bot and "/help" in payload["content"])


def test_off_leaves_direct_messages_alone_and_rules_are_not_for_bots(state: Any) -> None:
    direct = read(
        state, payloads.message(ANN, "hi", DIRECT), conversation_key(None, DIRECT), rules=Rules("off")
    )
    assert direct is not None and direct.is_addressed
    robot = payloads.user(300, "Robot", is_bot=True)
    assert read(state, said(robot, "beep"), rules=Rules("always")) is None
    assert read(state, said(ANN, "go on"), rules=Rules("off"), is_called_into=True) is not None


def test_a_thread_it_was_called_into_is_silent_where_it_is_off(state: Any) -> None:
    payload = payloads.message(ANN, "go on", THREAD, guild_id=SERVER)
    incoming = read(state, payload, rules=Rules("off"), is_called_into=True)
    assert incoming is not None and not incoming.is_addressed


def test_words_of_a_link_preview_wake_nobody(state: Any) -> None:
    preview = {"type": "link", "url": "https://example.org", "title": "Polly"}
    payload = said(ANN, "https://example.org", embeds=[preview])
    incoming = read(state, payload, rules=Rules("mention", ("polly",)))
    assert incoming is not None and not incoming.is_addressed and "Polly" in incoming.text


def test_what_other_bots_say_is_for_memory_only(state: Any) -> None:
    robot = payloads.user(300, "Robot", is_bot=True)
    first = said(BEN, "status?")
    payload = said(robot, f"<@{PARLEY_ID}> all is well", mentions=[PARLEY], answered=first)
    incoming = from_bot_or_webhook(as_read(state, payload), ME, IN_GENERAL)
    assert incoming.author == Author("300", "Robot", is_bot=True)
    assert incoming.text == "all is well" and incoming.reply_to == first["id"]
    assert not incoming.is_addressed and incoming.command is None


def test_whoever_may_not_read_back_is_known() -> None:
    state = known_server(denied={ANN_ID: READ_HISTORY})
    for author, sees in ((ANN, False), (BEN, True)):
        incoming = read(state, said(author, "what was said?"))
        assert incoming is not None and incoming.sees_history is sees
    direct = read(state, payloads.message(ANN, "hi", DIRECT), conversation_key(None, DIRECT))
    assert direct is not None and direct.sees_history


def test_a_command_may_come_with_a_file_to_work_on_or_with_one_that_it_does_not_take(state: Any) -> None:
    file = payloads.attachment("a.txt", 5, "https://cdn.discordapp.com/a.txt")
    for line, options in (
        ("/translate to:fr", {"to": "fr", "text": "[file a.txt, 5 B]\nHello"}),
        ("/summarize last:20", {"last": "20"}),
    ):
        payload = said(ANN, f"<@{PARLEY_ID}> {line}", mentions=[PARLEY], attachments=[file])
        incoming = read(state, payload, files=("[file a.txt, 5 B]\nHello",))
        assert incoming is not None and incoming.command is not None and incoming.command.options == options
