"""Everything that people see in a message, as words; on payloads as Discord sends them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.platforms.discord.attachments import is_from_discord
from bot.platforms.discord.contents import MAX_EMBED_CHARS, words_of
from bot.platforms.text_files import text_in
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload
from tests.unit.platforms.discord.server import (
    ANN,
    BEN_ID,
    GENERAL,
    ME,
    PARLEY,
    PARLEY_ID,
    TEAM_ID,
    as_read,
    known_server,
    said,
)


@pytest.fixture(scope="module")
def state() -> Any:
    return known_server()


def words(state: Any, content: str = "", **more: Any) -> str:
    return words_of(as_read(state, said(ANN, content, **more)), ME)


def attached(name: str, size: int = 1_200, content_type: str | None = None, **more: Any) -> Payload:
    url = f"https://cdn.discordapp.com/attachments/1/2/{name}"
    return payloads.attachment(name, size, url, content_type) | more


def snapshot(content: str, **more: Any) -> Payload:
    empty: Payload = {"mentions": [], "mention_roles": [], "attachments": [], "embeds": [], "components": []}
    when = {"timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "type": 0, "flags": 0}
    return {"message": {"content": content, **empty, **when, **more}}


FORWARD = {"type": 1, "message_id": "5", "channel_id": "6"}


def test_a_forward_is_marked_and_comes_with_all_that_it_holds(state: Any) -> None:
    forwarded = snapshot(
        f"lunch in <#{GENERAL}>",
        embeds=[{"type": "rich", "title": "Menu", "description": "Soup"}],
        attachments=[attached("menu.pdf", 2_100_000, "application/pdf")],
        sticker_items=[{"id": "1", "name": "Yum", "format_type": 1}],
    )
    told = words(state, message_reference=FORWARD, message_snapshots=[forwarded])
    assert told == (
        "[forwarded]\nlunch in #general\n[embed] Menu\nSoup\n[sticker: Yum]\n[file menu.pdf, 2.1 MB]"
    )


def test_an_embed_is_told_with_all_its_parts_and_names(state: Any) -> None:
    embed = {
        "type": "rich",
        "author": {"name": "Tracker"},
        "title": "Issue 7",
        "url": "https://example.org/7",
        "description": f"<@&{TEAM_ID}>: <#{GENERAL}> is loud, says <@{BEN_ID}> <:boom:9>",
        "fields": [{"name": "Status", "value": "open"}, {"name": "Who", "value": f"<@{PARLEY_ID}>"}],
        "footer": {"text": "v2"},
    }
    assert words(state, embeds=[embed]) == (
        "[embed] Tracker\nIssue 7\nhttps://example.org/7\n@Team: #general is loud, says @somebody :boom:\n"
        "Status: open\nWho: @Parley\nv2"
    )


def test_an_embed_is_bounded(state: Any) -> None:
    told = words(state, embeds=[{"type": "rich", "description": "x" * 4096}])
    assert len(told) <= MAX_EMBED_CHARS + len("[embed] ") and told.endswith("x…")


@pytest.mark.parametrize("kind", ["link", "rich"])
def test_the_preview_of_a_link_is_one_short_line(state: Any, kind: str) -> None:
    embed = {
        "type": kind,
        "url": "https://example.org/cats",
        "provider": {"name": "Cats\nweekly"},
        "title": "All about cats",
        "description": "purr " * 100,
    }
    told = words(state, "see https://example.org/cats", embeds=[embed])
    content, preview = told.split("\n")
    assert content == "see https://example.org/cats" and len(preview) < 230
    assert preview.startswith("[preview: Cats weekly - All about cats - purr purr")


def test_a_preview_that_says_nothing_is_left_out(state: Any) -> None:
    embed = {"type": "image", "url": "https://example.org/a.png", "thumbnail": {"url": "https://x.org/a"}}
    assert words(state, "https://example.org/a.png", embeds=[embed]) == "https://example.org/a.png"


def poll(*, is_finalized: bool = False, counts: tuple[int, ...] = ()) -> Payload:
    answers: list[Payload] = [
        {"answer_id": 1, "poll_media": {"text": "Pizza", "emoji": {"id": None, "name": "🍕"}}},
        {"answer_id": 2, "poll_media": {"text": "Soup"}},
    ]
    votes = [{"id": number, "count": count, "me_voted": False} for number, count in enumerate(counts, 1)]
    return {
        "question": {"text": "Lunch?"},
        "answers": answers,
        "expiry": "2026-12-01T00:00:00+00:00",
        "allow_multiselect": is_finalized,
        "layout_type": 1,
        "results": {"answer_counts": votes, "is_finalized": is_finalized},
    }


def test_a_poll_is_told_with_its_votes(state: Any) -> None:
    assert words(state, poll=poll()) == "[poll] Lunch?\n- 🍕 Pizza\n- Soup"
    ended = words(state, "vote!", poll=poll(is_finalized=True, counts=(1, 3)))
    assert ended == (
        "vote!\n[poll, ended, several answers allowed] Lunch?\n- 🍕 Pizza (1 vote)\n- Soup (3 votes)"
    )


def test_a_sticker_alone_is_a_message(state: Any) -> None:
    assert words(state, sticker_items=[{"id": "1", "name": "Wave", "format_type": 1}]) == "[sticker: Wave]"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (attached("cat.png", 120_400, "image/png"), "[image cat.png, 120 KB]"),
        (
            attached("cat.png", 120_400, "image/png", description="a cat\nasleep"),
            "[image cat.png, 120 KB: a cat asleep]",
        ),
        (attached("clip.mp4", 9_000_000, "video/mp4"), "[video clip.mp4, 9.0 MB]"),
        (attached("song.ogg", 900, "audio/ogg"), "[sound song.ogg, 900 B]"),
        (attached("a.pdf", 2_100_000, "application/pdf"), "[file a.pdf, 2.1 MB]"),
        (attached("a", 5), "[file a, 5 B]"),
        (
            attached("voice-message.ogg", 9_000, "audio/ogg", duration_secs=11.6, waveform="AA=="),
            "[voice message, 12 s]",
        ),
    ],
)
def test_files_are_told_by_name_kind_and_size(state: Any, file: Payload, told: str) -> None:
    assert words(state, attachments=[file]) == told
    assert words(state, "look", attachments=[file]) == f"look\n{told}"


def test_what_was_read_of_files_stands_in_their_place(state: Any) -> None:
    payload = said(ANN, f"<@{PARLEY_ID}> look", mentions=[PARLEY], attachments=[attached("a.txt", 5)])
    message = as_read(state, payload)
    assert words_of(message, ME, files=("[file a.txt, 5 B]\nask <@5>",)) == (
        "look\n[file a.txt, 5 B]\nask <@5>"
    )


def test_the_text_components_of_other_bots_are_read(state: Any) -> None:
    def text(content: str) -> Payload:
        return {"type": 10, "content": content}

    button = {"type": 2, "style": 5, "label": "Open", "url": "https://example.org"}
    section = {"type": 9, "components": [text("Build 7")], "accessory": button}
    components = [{"type": 17, "components": [section, {"type": 14}, text(f"by <@{PARLEY_ID}>")]}]
    assert words(state, components=components, flags=1 << 15) == "Build 7\nby @Parley"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xc3\xa9\r\n", "café\n"),
        ("café".encode("utf-8-sig"), "café"),
        ("日本".encode("utf-16"), "日本"),
        (b"\xfe\xff\x65\xe5", "日"),
        (b"caf\xe9 \x93so\x94", "café “so”"),
        (b"\x1b[31mred\x1b[0m\t1\n", "\x1b[31mred\x1b[0m\t1\n"),
        (b"", ""),
        (b"%PDF-1.7 text", None),
        (b"PK\x03\x04text", None),
        (b"\x89PNG\r\n\x1a\n\x00\x00", None),
        (b"GIF89a\x01\x00\x01\x00", None),
        (b"text\x00more", None),
        (b"\xff\xfe\x00", None),
        (b"\xff\xd8\xff\xe0\x81", None),
        (bytes(range(256)), None),
    ],
)
def test_the_bytes_say_what_is_text(data: bytes, text: str | None) -> None:
    assert text_in(data) == text


@pytest.mark.parametrize(
    ("url", "is_asked"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1", True),
        ("https://media.discordapp.net/attachments/1/2/a.txt", True),
        ("http://cdn.discordapp.com/attachments/1/2/a.txt", False),
        ("https://cdn.discordapp.com.example.org/a.txt", False),
        ("https://cdn.discordapp.com@127.0.0.1/a.txt", False),
        ("https://cdn.discordapp.com:8443/a.txt", False),
        ("http://169.254.169.254/latest/meta-data", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_discords_own_servers_are_asked_for_files(url: str, is_asked: bool) -> None:
    assert is_from_discord(url) is is_asked
