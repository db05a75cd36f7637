"""Which requests are Slack's, and what they must look like."""

from __future__ import annotations

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from bot.platforms.slack import signatures
from bot.platforms.slack.http import TurnedAway
from bot.platforms.slack.http_bodies import FORM, JSON, MalformedError, to_body
from bot.platforms.slack.signatures import ForgedError, Signatures
from tests.unit.platforms.slack import samples

# The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
AT = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def sign(body: bytes, at: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()


class Clock:
    """A clock that stands still."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def test_the_example_of_the_documentation_is_accepted_once() -> None:
    known = Signatures(SECRET, Clock(float(AT)))
    known.accept(AT, SIGNATURE, BODY)
    with pytest.raises(ForgedError, match="before"):
        known.accept(AT, SIGNATURE, BODY)
    known.forget(SIGNATURE)
    known.accept(AT, SIGNATURE, BODY)


def test_what_slack_sends_again_is_signed_anew_and_accepted() -> None:
    clock = Clock(float(AT))
    known = Signatures(SECRET, clock)
    known.accept(AT, SIGNATURE, BODY)
    later = str(int(AT) + 60)
    clock.now_s += 60
    known.accept(later, sign(BODY, later), BODY)


@pytest.mark.parametrize(
    ("at", "signature", "body"),
    [
        (AT, SIGNATURE, BODY + b" "),
        (AT, SIGNATURE[:-1] + "4", BODY),
        (str(int(AT) + 1), SIGNATURE, BODY),
        (AT, sign(BODY, AT, "another secret"), BODY),
        (AT, SIGNATURE.upper(), BODY),
        (AT, SIGNATURE[3:], BODY),
        (AT, "v0=", BODY),
        (AT, "v0=" + "ä" * 64, BODY),
        (AT, "", BODY),
        ("", sign(BODY, ""), BODY),
        (AT + ".0", sign(BODY, AT + ".0"), BODY),
        ("-" + AT, sign(BODY, "-" + AT), BODY),
        (" " + AT, sign(BODY, " " + AT), BODY),
        ("١٥٣١٤٢٠٦١٨", sign(BODY, "١٥٣١٤٢٠٦١٨"), BODY),
        (AT + "\n", sign(BODY, AT + "\n"), BODY),
        ("9" * 400, sign(BODY, "9" * 400), BODY),
        (str(int(AT) - 301), sign(BODY, str(int(AT) - 301)), BODY),
        (str(int(AT) + 301), sign(BODY, str(int(AT) + 301)), BODY),
    ],
)
def test_a_forgery_is_refused_and_not_remembered(at: str, signature: str, body: bytes) -> None:
    known = Signatures(SECRET, Clock(float(AT)))
    with pytest.raises(ForgedError):
        known.accept(at, signature, body)
    assert len(known) == 0


def test_it_remembers_as_long_as_a_request_is_good_and_no_longer() -> None:
    clock = Clock(float(AT))
    known = Signatures(SECRET, clock)
    ahead = str(int(AT) + 300)
    known.accept(ahead, sign(BODY, ahead), BODY)
    clock.now_s += 600
    with pytest.raises(ForgedError, match="before"):
        known.accept(ahead, sign(BODY, ahead), BODY)
    clock.now_s += 1
    fresh = str(int(clock.now_s))
    known.accept(fresh, sign(BODY, fresh), BODY)
    assert len(known) == 1


def test_what_it_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signatures, "MAX_KEPT", 10)
    known = Signatures(SECRET, Clock(float(AT)))
    for number in range(100):
        body = str(number).encode()
        known.accept(AT, sign(body, AT), body)
    assert len(known) <= 10


@pytest.mark.parametrize("name", samples.every_event())
def test_events_of_slack_are_well_formed(name: str) -> None:
    event = samples.event(name)
    assert to_body(JSON, json.dumps(event).encode()) == event


def test_commands_and_interactions_come_as_forms() -> None:
    command = samples.slash_command("/ask", "who & why? ¿quién?")
    assert to_body(FORM, urlencode(command).encode()) == command
    pressed = {"type": "block_actions", "actions": [{"action_id": "stop"}], "user": {"id": "U1"}}
    assert to_body(FORM, urlencode({"payload": json.dumps(pressed)}).encode()) == pressed
    assert to_body(FORM, b"ssl_check=1&token=x") == {"ssl_check": "1", "token": "x"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"event_callback"',
        b"\xff\xfe{}",
        b"{}",
        b'{"type": 7}',
        b'{"type": NaN}',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": []}',
        b'{"type": "event_callback", "event_id": 5, "event": {"type": "message"}}',
        b'{"type": "event_callback", "event_id": "Ev1", "event": {"type": ["message"]}}',
        b'{"type": "url_verification", "challenge": {}}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "block_actions", "actions": [1]}',
        b'{"type": "block_actions", "actions": {"0": {"action_id": "x"}}}',
        b'{"type": "view_submission", "view": "V1"}',
        b'{"type": "shortcut"}',
        b'{"command": 7}',
        b'{"type": "x", "text": "\\ud83d"}',
        b'{"type": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type": "x", "n": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_not_built_as_slack_builds_it_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        to_body(JSON, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"payload",
        b"payload=",
        b"payload=%FF",
        b"payload=[]",
        b"=",
        b"command=%80",
        b"a=b",
        b"a=b&" * 300,
    ],
)
def test_forms_that_are_none_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        to_body(FORM, body)


def test_refusals_are_told_in_one_line_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(0.0)
    refusals = TurnedAway(clock)
    for _ in range(5000):
        refusals.count("its signature is wrong")
    clock.now_s = 3601.0
    refusals.count("it is too large")
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(",")[0] for line in told] == [
        "refused 1 request(s) to /slack/events",
        "refused 5000 request(s) to /slack/events",
    ]
