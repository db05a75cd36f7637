"""Chat logs: every format is told from its content, and hostile files are refused in a sentence."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.chatlog import LogMessage, parse_log, to_incoming
from bot.errors import CommandError
from tests.support import CHANNEL, NOON


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine nine hours ahead of UTC."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def pairs(found: list[LogMessage]) -> list[tuple[str, str]]:
    return [(message.author, message.text) for message in found]


@pytest.mark.parametrize(
    "text",
    [
        "Ann: Hello\nBob: Hi\nthere",
        "[10:02] Ann: Hello\n[10:03] Bob: Hi\nthere",
        "20/11/2026, 10:02 - Ann: Hello\n20/11/2026, 10:03 - Bob: Hi\nthere",
        "[20.11.26, 10:02:11] Ann: Hello\n[20.11.26, 10:03:00] Bob: Hi\nthere",
        "11/20/26, 10:02 AM - Ann: Hello\n11/20/26, 10:03 AM - Bob: Hi\nthere",
        "2026-11-20 10:02 Ann: Hello\n2026-11-20 10:03 Bob: Hi\nthere",
        "[10:02] <Ann> Hello\n[10:03] <@Bob> Hi\nthere",
        "Ann — Today at 10:02 AM\nHello\n\nBob — Today at 10:03 AM\nHi\nthere",
        "Ann — 20/11/2026 10:02\nHello\nBob — 20/11/2026 10:03\nHi\nthere",
        "Ann  [10:02 AM]\nHello\nBob  [10:03 AM]\nHi\nthere",
    ],
)
def test_transcripts_are_read(text: str) -> None:
    found = parse_log(text.encode())
    assert pairs(found) == [("Ann", "Hello"), ("Bob", "Hi\nthere")]
    if "11" in text:
        assert found[0].sent_at == datetime(2026, 11, 20, 10, 2).astimezone()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20 10:02 Ann: Hello\n2026-11-20 10:03 Bob: Hi",
        "20/11/2026, 10:02 - Ann: Hello\n20/11/2026, 10:03 - Bob: Hi",
        '{"author": "Ann", "text": "Hello", "timestamp": "2026-11-20T10:02:00"}',
        '{"author": "Ann", "text": "Hello", "timestamp": "2026-11-20T01:02:00Z"}',
        '{"author": "Ann", "text": "Hello", "timestamp": "2026-11-19T20:02:00-05:00"}',
        '{"author": "Ann", "text": "Hello", "ts": 1795136520}',
    ],
)
def test_times_without_a_zone_are_this_machines(text: str) -> None:
    assert parse_log(text)[0].sent_at == datetime(2026, 11, 20, 1, 2, tzinfo=UTC)


@pytest.mark.usefixtures("in_tokyo")
def test_the_first_and_the_last_day_of_the_calendar_are_no_error() -> None:
    assert len(parse_log("0001-01-01 00:00 Ann: a\n9999-12-31 23:59 Bob: b")) == 2


def test_other_text_is_a_message_a_paragraph() -> None:
    found = parse_log("One thing happened.\nIt was good.\n\nAnother: thing.\n\n\nA third.")
    assert [message.text for message in found] == [
        "One thing happened.\nIt was good.",
        "Another: thing.",
        "A third.",
    ]


def test_a_list_is_no_transcript() -> None:
    assert [message.author for message in parse_log("- item: one\n- item: two\n* item: three")] == ["someone"]


def test_json_lines_of_any_names() -> None:
    lines = [
        {"author": "Ann", "text": "Hello", "ts": 1763632800},
        {"user": "Bob", "content": "Hi", "timestamp": "2026-11-20T10:03:00Z"},
        {"name": "Cy", "message": "Yo", "sent_at": 1763632800000},
    ]
    found = parse_log("\n".join(json.dumps(line) for line in lines))
    assert pairs(found) == [("Ann", "Hello"), ("Bob", "Hi"), ("Cy", "Yo")]
    assert found[0].sent_at == found[2].sent_at == datetime(2025, 11, 20, 10, 0, tzinfo=UTC)
    assert found[1].sent_at == datetime(2026, 11, 20, 10, 3, tzinfo=UTC)


SLACK: list[dict[str, object]] = [
    {
        "type": "message",
        "user": "U1",
        "ts": "1763632800.000100",
        "text": "Hello",
        "user_profile": {"display_name": "", "real_name": "Ann A"},
    },
    {"type": "message", "subtype": "channel_join", "user": "U3", "ts": "1763632801.0", "text": "joined"},
    {
        "type": "message",
        "user": "U2",
        "ts": "1763632860.000200",
        "text": "Hi",
        "thread_ts": "1763632800.000100",
    },
]


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_slack_exports_with_threads() -> None:
    found = parse_log(json.dumps(SLACK).encode())
    assert pairs(found) == [("Ann A", "Hello"), ("U2", "Hi")]
    incoming = to_incoming(found, CHANNEL)
    assert incoming[1].reply_to == incoming[0].message_id and incoming[0].reply_to is None


def test_a_zip_of_a_slack_channel() -> None:
    days = {
        "general/2026-11-21.json": json.dumps(SLACK[2:]).encode(),
        "general/2026-11-20.json": json.dumps(SLACK[:2]).encode(),
    }
    found = parse_log(zipped({**days, "users.json": b"[]"}))
    assert pairs(found) == [("Ann A", "Hello"), ("U2", "Hi")]


USERS = [
    {"id": "U1", "name": "ann", "profile": {"display_name": "Annie", "real_name": "Ann A"}},
    {"id": "U2", "name": "bob", "real_name": "Bob B", "profile": {"display_name": ""}},
    {"id": 3},
    None,
]


def slack_days(text: str) -> dict[str, bytes]:
    said = [{"type": "message", "user": "U2", "ts": "1763632800.0", "text": text}]
    return {"export/general/2026-11-20.json": json.dumps(said).encode()}


def slack_text(text: str) -> str:
    lists = {
        "export/users.json": json.dumps(USERS).encode(),
        "export/channels.json": b'[{"id": "C2", "name": "dev"}]',
    }
    (found,) = parse_log(zipped({**slack_days(text), **lists}))
    assert found.author == "Bob B"
    return found.text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ask <@U1>, not <@U9> or <@U8|cy>", "Ask @Annie, not <@U9> or @cy"),
        ("See <#C1|random> and <#C2> and <#C3|>", "See #random and #dev and <#C3|>"),
        ("<https://a.org/x?a=1&amp;b=2|the plan>", "the plan (https://a.org/x?a=1&b=2)"),
        ("<https://a.org> <http://a.org|a.org>", "https://a.org http://a.org"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2, &amp;lt; &nbsp;", "1 < 2 && 3 > 2, &lt; &nbsp;"),
        ("<!here> <!subteam^S1|@devs> <!subteam^S1>", "@here @devs <!subteam^S1>"),
        ("a < b > c <3", "a < b > c <3"),
    ],
)
def test_slack_marks_become_text(text: str, shown: str) -> None:
    assert slack_text(text) == shown


def test_slack_people_are_known_in_all_files_of_an_export_without_a_list() -> None:
    first = [{**SLACK[0], "text": "Hello"}]
    later = [{**SLACK[2], "text": "Hi <@U1>"}]
    files = {"2026-11-21.json": json.dumps(later).encode(), "2026-11-20.json": json.dumps(first).encode()}
    assert pairs(parse_log(zipped(files))) == [("Ann A", "Hello"), ("U2", "Hi @Ann A")]


def test_a_broken_list_of_people_leaves_the_messages() -> None:
    assert pairs(parse_log(zipped({**slack_days("Hi"), "export/users.json": b"[{"}))) == [("U2", "Hi")]


def test_other_json_keeps_its_marks() -> None:
    assert parse_log('{"author": "Ann", "text": "&lt; <https://a.org|a>"}')[0].text == (
        "&lt; <https://a.org|a>"
    )


def test_lists_beside_the_channel_are_no_channel() -> None:
    files = {**slack_days("Hi"), "export/users.json": b"[]", "export/canvases.json": b"[]"}
    assert len(parse_log(zipped(files))) == 1


def test_a_zip_of_many_channels_names_some_and_says_what_to_do() -> None:
    day = slack_days("Hi")["export/general/2026-11-20.json"]
    files = {f"c{number:02}/2026-11-20.json": day for number in range(12)}
    with pytest.raises(CommandError) as raised:
        parse_log(zipped({**files, "users.json": b"[]"}))
    assert "12 channels: c00, c01, c02, c03, c04, c05, c06, c07, c08, c09 and 2 more." in (
        raised.value.user_message
    )
    assert "zip the folder of one channel" in raised.value.user_message


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"messages": [{"content": "x",', "line 1, column 31"),
        ('{\n  "messages": [\n', "line 3, column 1"),
        ('[{"text": "x"}', "line 1, column 15"),
        ('\ufeff[\n {"text": "x"}\n {"text": "y"}]', "line 3, column 2"),
        ("{'text': 'x'}", "line 1, column 2"),
    ],
)
def test_broken_json_is_no_prose(text: str, place: str) -> None:
    with pytest.raises(CommandError) as raised:
        parse_log(text)
    assert f"broken at {place}. I read plain text" in raised.value.user_message


@pytest.mark.parametrize(
    "text", ["[10:02] Ann: Hello", "[sic] is what they wrote", "{smile} all day", "[1] A"]
)
def test_text_that_begins_with_a_bracket_is_text(text: str) -> None:
    assert len(parse_log(text)) == 1


def test_discord_chat_exporter() -> None:
    export = {
        "guild": {"id": "1", "name": "G"},
        "channel": {"id": "2", "name": "general"},
        "messages": [
            {
                "id": "10",
                "type": "Default",
                "timestamp": "2026-11-20T10:02:00.123+00:00",
                "content": "Hello",
                "author": {"id": "7", "name": "ann", "nickname": "Ann", "isBot": False},
            },
            {
                "id": "11",
                "type": "Reply",
                "timestamp": "2026-11-20T10:03:00+00:00",
                "content": "Hi",
                "author": {"id": "8", "name": "helper", "isBot": True},
                "reference": {"messageId": "10"},
            },
        ],
    }
    found = parse_log(json.dumps(export))
    assert pairs(found) == [("Ann", "Hello"), ("helper", "Hi")]
    incoming = to_incoming(found, CHANNEL)
    assert incoming[1].reply_to == incoming[0].message_id and incoming[1].author.is_bot


def test_the_same_log_again_has_the_same_ids_and_equal_messages_differ() -> None:
    found = parse_log("Ann: ok\nAnn: ok\nBob: fine")
    first, second = to_incoming(found, CHANNEL), to_incoming(found, CHANNEL)
    assert first == second
    assert len({message.message_id for message in first}) == len({message.event_id for message in first}) == 3
    assert not any(message.is_addressed for message in first)


def test_messages_without_times_keep_their_order_and_end_when_told() -> None:
    incoming = to_incoming(parse_log("Ann: a\nBob: b\nAnn: c"), CHANNEL, until=NOON)
    times = [message.sent_at for message in incoming]
    assert times == sorted(times) and times[-1] < NOON and len(set(times)) == 3


BOMB = zipped({"general/a.json": b" " * (70 * 1024 * 1024)})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n ",
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
        b"[1, 2, 3]",
        b"[{}]",
        b'{"a": 1}',
        b'{"text": "x"}\n{broken',
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"PK\x03\x04 not a zip",
        zipped({"a/1.json": b"[]", "b/1.json": b"[]"}),
        zipped({"readme.txt": b"hello"}),
        BOMB,
    ],
    ids=lambda data: repr(data[:10]),  # an archive's next bytes are the time of day
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(CommandError) as raised:
        parse_log(data)
    assert raised.value.user_message.endswith(".")


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_any_input_is_read_or_refused(data: str | bytes) -> None:
    try:
        found = parse_log(data)
    except CommandError:
        return
    assert all(message.text.strip() for message in found)
    to_incoming(found, CHANNEL)
