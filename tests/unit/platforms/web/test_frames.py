import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web import frames
from bot.platforms.web.frames import FrameError, parse
from bot.platforms.web.notes import Note

SEND = {"type": "send", "id": "m-1", "channel": "general", "person": "alice", "text": "hi"}


def test_a_message_is_read():
    frame = parse(json.dumps(SEND | {"reply_to": "m-0"}))
    assert frame == frames.Send("m-1", "general", None, "alice", "hi", "m-0")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "[" * 500_000,
        json.dumps({"type": "unknown"}),
        json.dumps({"no": "type"}),
        json.dumps({"type": ["send"]}),
        json.dumps(SEND | {"id": None}),
        json.dumps(SEND | {"id": "a b"}),
        json.dumps(SEND | {"id": "x" * 81}),
        json.dumps(SEND | {"channel": 7}),
        json.dumps(SEND | {"text": ["hi"]}),
        json.dumps(SEND | {"text": " \n\t "}),
        json.dumps(SEND | {"text": "x" * (frames.MAX_TEXT_CHARS + 1)}),
        json.dumps({"type": "history", "channel": "general", "before": -1}),
        json.dumps({"type": "history", "channel": "general", "before": True}),
        json.dumps({"type": "channel", "name": "  "}),
        json.dumps({"type": "channel", "name": "x" * 41}),
        json.dumps({"type": "person", "name": "a\u202eb"}),
    ],
)
def test_what_is_no_frame_is_refused_with_a_sentence(data):
    with pytest.raises(FrameError) as refusal:
        parse(data)
    assert refusal.value.user_message.endswith((".", "reload it."))


def test_a_complaint_names_the_message_it_is_about():
    with pytest.raises(FrameError) as refusal:
        parse(json.dumps(SEND | {"text": ""}))
    assert refusal.value.frame_id == "m-1"


def test_names_lose_their_stray_spaces():
    assert parse(json.dumps({"type": "channel", "name": "  night \n shift "})) == frames.NewChannel(
        "night shift"
    )


@given(st.text())
def test_any_text_is_a_frame_or_a_frame_error(data):
    with pytest.raises(FrameError):
        parse(data)


@given(st.text(st.characters(), min_size=1))
def test_text_travels_intact_lone_surrogates_included(text):
    note = Note("m", "c", None, "a", "A", text + "\ud83d", 0)
    frame = json.loads(frames.encode(frames.message_frame("message", note)))
    assert frame["message"]["text"] == text + "\ud83d"


def test_a_long_text_is_sent_shortened():
    view = frames.note_view(Note("m", "c", None, "a", "A", "x" * (frames.CLIPPED_CHARS + 5), 0))
    assert view["text"] == "x" * frames.CLIPPED_CHARS
    assert view["more"] == 5
