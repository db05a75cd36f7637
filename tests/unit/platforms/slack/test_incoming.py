"""What a Slack event becomes for the bot, on payloads as Slack sent them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.rules import Rules
from bot.errors import CommandError
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.slack import incoming
from bot.platforms.slack.incoming import Edit, Me, to_incoming
from bot.platforms.slack.names import Person
from tests.unit.platforms.slack import samples

ME = Me("W111", "B111", "Parley")
"""The samples' mentions are of W111."""

OTHER = Me("W999", "B111", "Parley")
"""In samples where W111 is the one who speaks, the bot is somebody else."""

NAMES = {"W222": "Ann", "W111": "Wes", "U111": "Uma"}
CHANNEL = ConversationKey("slack", "T111", "C111")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def read(body: dict[str, Any], me: Me = ME, **kwargs: Any) -> IncomingMessage:
    message = to_incoming(body, me, NAMES, **kwargs)
    assert message is not None
    return message


def edit_in(body: dict[str, Any], me: Me = ME) -> Edit | None:
    return incoming.to_edit(body, to_incoming(body, me, NAMES))


def test_a_mention_is_a_question_without_the_mention() -> None:
    assert read(samples.event("app_mention")) == IncomingMessage(
        conversation=CHANNEL,
        message_id="1595926230.009600",
        event_id="Ev111",
        author=Author("W222", "Ann"),
        text="Hi there!",
        sent_at=datetime(2020, 7, 28, 8, 50, 30, 9600, tzinfo=UTC),
        is_addressed=True,
    )


@pytest.mark.parametrize("name", ["app_mention_org", "app_mention_shared_channel"])
def test_a_mention_through_an_organisation_or_a_shared_channel_is_a_question(name: str) -> None:
    assert read(samples.event(name)).is_addressed


def test_the_workspace_is_the_one_where_the_bot_is_installed() -> None:
    body = samples.event("message_changed")
    body["team_id"] = "T-theirs"
    assert incoming.workspace_of(body) == "T-auth"
    assert incoming.workspace_of(samples.event("app_mention_org")) == "E111", "all of the organisation"


def test_both_events_of_one_mention_are_one_message() -> None:
    mention = samples.event("app_mention")
    message = samples.event("app_mention", type="message", channel_type="channel")
    message["event_id"] = "Ev112"
    one, other = read(mention), read(message)
    assert (one.conversation, one.message_id, one.text) == (other.conversation, other.message_id, other.text)
    assert one.is_addressed and other.is_addressed and one.event_id != other.event_id


@pytest.mark.parametrize("name", ["message", "message_user"])
def test_other_talk_is_passed_on_unaddressed(name: str) -> None:
    message = read(samples.event(name), OTHER)
    assert not message.is_addressed and message.author == Author("W111", "Wes") and message.text


def test_a_direct_message_is_a_question() -> None:
    body = samples.event("message_user", channel="D111", channel_type="im")
    message = read(body, OTHER)
    assert message.is_addressed and message.conversation == ConversationKey("slack", "T111", "D111")


def test_a_message_in_the_agent_pane_is_a_question_in_its_thread() -> None:
    message = read(samples.event("assistant_user_message"))
    assert message.is_addressed
    assert message.conversation == ConversationKey("slack", "T111", "D111", "1726133698.626339")


def in_thread(text: str, **changes: Any) -> dict[str, Any]:
    return samples.event("assistant_channel_user_message", text=text, **changes)


def test_in_a_thread_that_it_was_called_into_it_needs_no_mention() -> None:
    assert not read(in_thread("and why?")).is_addressed
    message = read(in_thread("and why?"), is_called_into=True)
    assert message.is_addressed and message.conversation.thread_id == "1726133698.626339"


def test_in_a_thread_under_its_own_message_it_needs_no_mention() -> None:
    assert read(in_thread("and why?", parent_user_id=ME.user_id)).is_addressed


def test_what_is_meant_for_somebody_else_is_left_alone() -> None:
    for other in ("<@U777>", "<!subteam^S777|@team>", "<!subteam^S777>"):
        assert not read(in_thread(f"{other} what do you think?"), is_called_into=True).is_addressed
    assert read(in_thread("<@U777> ask <@W111>"), is_called_into=True).is_addressed


def test_the_rules_of_a_channel_say_when_it_speaks() -> None:
    def is_asked(text: str, rules: Rules, **changes: Any) -> bool:
        return read(in_thread(text, **changes), rules=rules).is_addressed

    always, off, words = Rules("always"), Rules("off"), Rules(wake_words=("computer",))
    assert is_asked("and why?", always) and not is_asked("<@U777> and why?", always)
    assert is_asked("Computer, and why?", words) and not is_asked("computers?", words)
    for text in ("<@W111> and why?", "and why?"):
        assert not is_asked(text, off, parent_user_id=ME.user_id)
    assert read(in_thread("<@W111> /summarize last:20"), rules=off).command == Command(
        "summarize", {"last": "20"}, given="said"
    )
    direct = samples.event("message_user", channel="D111", channel_type="im")
    assert read(direct, OTHER, rules=off).is_addressed


def test_the_first_message_of_a_thread_belongs_to_the_channel() -> None:
    body = samples.event("message_user", thread_ts="1610261659.001400")
    assert read(body, OTHER).conversation == CHANNEL


def test_a_broadcast_reply_is_talk_in_its_thread() -> None:
    message = read(samples.event("message_thread_broadcast"))
    assert message.text == "Hi there!" and message.conversation.thread_id == "1633663824.000500"


def test_a_shared_file_is_talk_that_names_the_file() -> None:
    assert read(samples.event("message_file_share")).text == "Hi there!\n[image file.png, 93 KB]"
    assert read(samples.event("message_file_share", text="", blocks=[])).text == "[image file.png, 93 KB]"


@pytest.mark.parametrize("name", ["message_bot", "message_bot_classic"])
def test_bots_are_never_answered(name: str) -> None:
    assert to_incoming(samples.event(name, text="<@W111> hello"), ME, NAMES) is None


def test_the_bot_never_answers_itself() -> None:
    assert to_incoming(samples.event("message_user", channel_type="im"), ME, NAMES) is None


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "pinned_item", "assistant_app_thread"])
def test_notices_are_no_talk(subtype: str) -> None:
    body = samples.event("message_user", subtype=subtype)
    assert incoming.kind_of(body) == "other" and to_incoming(body, OTHER, NAMES) is None


def test_a_mention_without_words_is_still_a_question() -> None:
    assert read(samples.event("app_mention", text="<@W111>")).text == ""
    assert to_incoming(samples.event("message_user", text=""), OTHER, NAMES) is None


def test_people_are_named_in_the_text() -> None:
    body = samples.event("app_mention", text="<@W111> ask <@U111>, <@U888> or <@W111> &lt;3")
    assert read(body).text == "ask @Uma, @someone or @Parley <3"
    assert incoming.people_of(body, ME) == {"W222", "U111", "U888"}


def test_an_edit_is_an_edit_of_the_earlier_message() -> None:
    body = samples.event("message_changed")
    assert incoming.kind_of(body) == "edit"
    assert edit_in(body) == incoming.Edit(
        ConversationKey("slack", "T-auth", "C111"),
        "1665102338.901939",
        "updated message",
        datetime(2022, 10, 7, 0, 26, 2, tzinfo=UTC),
    )
    assert incoming.people_of(body, ME) == {"U111"}


def test_what_slack_changes_by_itself_is_no_edit() -> None:
    for name in ("assistant_channel_message_changed", "assistant_message_changed"):
        assert not incoming.is_edit(samples.event(name))


def test_an_edit_of_the_bots_own_post_is_none_of_its_business() -> None:
    assert to_incoming(samples.event("message_changed"), Me("U111", "B1", "Parley"), NAMES) is None


def test_an_edit_that_adds_the_mention_makes_a_question() -> None:
    body = samples.event("message_changed")
    assert not incoming.became_call(body, ME)
    body["event"]["message"]["text"] = "<@W111> updated message"
    assert incoming.became_call(body, ME)
    message = read(body)
    assert message.is_addressed and message.message_id == "1665102338.901939"
    body["event"]["previous_message"]["text"] = "<@W111> original"
    assert not incoming.became_call(body, ME)


def test_a_deletion_names_the_deleted_message() -> None:
    body = samples.event("message_deleted")
    assert incoming.kind_of(body) == "deletion"
    assert incoming.to_deletion(body) == (ConversationKey("slack", "T-auth", "C111"), "1665368619.804829")
    body["event"]["previous_message"]["thread_ts"] = "1665368000.000100"
    found = incoming.to_deletion(body)
    assert found is not None and found[0].thread_id == "1665368000.000100"


def test_a_message_with_replies_that_was_emptied_is_deleted() -> None:
    body = samples.event("message_changed")
    body["event"]["message"] = {
        "subtype": "tombstone",
        "user": "USLACKBOT",
        "text": "This message was deleted.",
    }
    assert incoming.kind_of(body) == "deletion"
    assert incoming.to_deletion(body) == (ConversationKey("slack", "T-auth", "C111"), "1665102338.901939")


def test_a_slash_command_is_a_command() -> None:
    payload = samples.slash_command("/summarize", "last:50 style:bullets")
    message = incoming.from_command(payload, NOW, {})
    assert message.command == Command("summarize", {"last": "50", "style": "bullets", "show": "me"})
    assert message.conversation == CHANNEL and message.author == Author("W111", "primary-owner")
    assert message.text == "/summarize last:50 style:bullets" and message.is_addressed
    assert message.message_id == message.event_id and message.sent_at == NOW


def test_commands_are_read_as_people_typed_them() -> None:
    payload = samples.slash_command("/translate", "to:fr Tom &amp; <@U111|uma> in <#C42|general>")
    message = incoming.from_command(payload, NOW, {"U111": "Uma"})
    assert message.command == Command(
        "translate", {"to": "fr", "text": "Tom & @Uma in #general", "show": "me"}
    )


def test_managers_and_people_in_direct_messages_may_change_things_for_all() -> None:
    payload = samples.slash_command("/reset", "")
    assert incoming.from_command(payload, NOW, {}, author=Person(is_manager=True)).command == Command(
        "reset", by_manager=True
    )
    assert incoming.from_command(payload, NOW, {}).command == Command("reset")
    alone = {**payload, "channel_id": "D111"}
    own = Command("reset", by_manager=True, is_own_place=True)
    assert incoming.from_command(alone, NOW, {}).command == own
    admin = Person(is_manager=True)
    assert incoming.from_command(alone, NOW, {}, author=admin).command == Command("reset", by_manager=True)


def test_everybody_sees_the_answer_to_a_slash_command_where_that_is_wished() -> None:
    payload = samples.slash_command("/summarize", "last:50 show:all")
    assert incoming.from_command(payload, NOW, {}).command == Command(
        "summarize", {"last": "50", "show": "all"}
    )
    assert incoming.from_command(samples.slash_command("/stop", ""), NOW, {}).command == Command("stop")


def test_times_are_meant_in_the_zone_of_who_says_them() -> None:
    berlin = Person(language="de", zone=ZoneInfo("Europe/Berlin"))
    payload = samples.slash_command("/summarize", "since:8:00 show:all")
    command = incoming.from_command(payload, NOW, {}, author=berlin).command
    assert command == Command("summarize", {"since": "2026-11-23 08:00+01:00", "show": "all"}, language="de")
    body = samples.event("app_mention", text="<@W111> /summarize since:yesterday")
    said = read(body, author=berlin).command
    assert said is not None and said.options == {"since": "2020-07-27 00:00+02:00"}


@pytest.mark.parametrize("is_manager", [True, False])
def test_a_command_behind_the_name_is_a_command(is_manager: bool) -> None:
    body = samples.event("app_mention")
    body["event"]["text"] = "<@W111> /summarize last:20"
    message = read(body, author=Person(is_manager=is_manager))
    assert message.command == Command("summarize", {"last": "20"}, is_manager, given="said")


@pytest.mark.parametrize("call", ["<@W111> ", "<@W111>, ", "@Parley: ", "parley, "])
def test_a_command_in_words_behind_the_name_is_a_command(call: str) -> None:
    body = samples.event("app_mention", text=f"{call}summarize <#C7|plans> since monday", channel="D1")
    message = read(body)
    assert message.command is not None and message.command.name == "summarize"
    assert message.command.options["channel"] == "<#C7|plans>" and "since" in message.command.options


def test_a_wake_word_before_a_command_is_a_call() -> None:
    rules = Rules(wake_words=("hey computer", "计算机"))
    for text in ("Hey computer, summarize the last 20 messages", "计算机总结最近20条消息"):
        message = read(samples.event("app_mention", text=text), rules=rules)
        assert message.command == Command("summarize", {"last": "20"}, given="said"), text
        assert message.text == text


def test_what_only_looks_like_a_command_is_a_question() -> None:
    body = samples.event("app_mention")
    body["event"]["text"] = "<@W111> /usr/bin is full"
    message = read(body)
    assert message.command is None and message.is_addressed


def test_help_has_another_name_in_slack() -> None:
    assert incoming.from_command(samples.slash_command("/bot-help", ""), NOW, {}).command == Command("help")


def test_a_command_used_wrongly_is_answered_with_an_example() -> None:
    with pytest.raises(CommandError) as caught:
        incoming.from_command(samples.slash_command("/summarize", "style:haiku"), NOW, {})
    assert "/summarize last:50" in caught.value.user_message
    with pytest.raises(CommandError):
        incoming.from_command(samples.slash_command("/hello-world", "Hi"), NOW, {})


@pytest.mark.parametrize("name", samples.every_event())
def test_every_recorded_event_is_understood_or_passed_over(name: str) -> None:
    body = samples.event(name)
    kind = incoming.kind_of(body)
    is_message = name.startswith(("message", "app_mention")) or body.get("event", {}).get("type") == "message"
    assert (kind != "other") == (is_message and name != "message_bot_classic")
    if kind == "message":
        to_incoming(body, ME, NAMES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    name=st.sampled_from(samples.every_event()),
    field=st.sampled_from(
        [
            "user",
            "text",
            "ts",
            "thread_ts",
            "channel",
            "message",
            "previous_message",
            "files",
            "subtype",
            "edited",
        ]
    ),
    value=JSON,
)
def test_no_payload_is_an_error(name: str, field: str, value: Any) -> None:
    body = samples.event(name)
    body.setdefault("event", {})[field] = value
    if incoming.kind_of(body) == "deletion":
        incoming.to_deletion(body)
    to_incoming(body, ME, NAMES)
    edit_in(body)
    incoming.people_of(body, ME)
