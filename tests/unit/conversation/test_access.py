"""Which place a command asks to read, and for whom the answer then is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from bot.conversation.access import FOR_YOU_ALONE, NO_SUCH_PLACE, find_place, place_wanted
from bot.conversation.commands import is_private
from bot.errors import CommandError
from bot.messages import Command, ConversationKey, IncomingMessage, Progress
from tests.support import message

HERE = ConversationKey("discord", "1", "22")
IN_THREAD = replace(HERE, thread_id="23")
ELSEWHERE = replace(HERE, channel_id="33")


class Doorkeeper:
    """Lets everybody into one place."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, ConversationKey]] = []

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        self.asked.append((wanted, person_id, here))
        return ELSEWHERE if "33" in wanted else None

    async def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress, None]:
        return
        yield

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        return ""


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({}, ""),
        ({"channel": "<#33>"}, "<#33>"),
        ({"channel": " 33 "}, "33"),
        ({"channel": "#other"}, "#other"),
        ({"channel": "<#22>"}, ""),
        ({"channel": " "}, ""),
        ({"from": "https://discord.com/channels/1/33/444"}, "https://discord.com/channels/1/33/444"),
        ({"from": "<https://ptb.discord.com/channels/1/33/4>"}, "<https://ptb.discord.com/channels/1/33/4>"),
        ({"from": "https://discord.com/channels/1/22/444"}, ""),
        ({"from": "https://team.slack.com/archives/C12/p17"}, "https://team.slack.com/archives/C12/p17"),
        ({"from": "444"}, ""),
        ({"from": "Ann"}, ""),
        ({"words": "https://discord.com/channels/1/33/444"}, ""),
    ],
)
def test_a_place_is_named_by_a_channel_or_by_a_link(options: dict[str, str], wanted: str) -> None:
    assert place_wanted(Command("summarize", options), HERE) == wanted
    assert is_private(Command("summarize", options), here=HERE) == bool(wanted)


def test_a_thread_and_its_channel_are_here() -> None:
    for channel in ("22", "23"):
        assert place_wanted(Command("summarize", {"channel": channel}), IN_THREAD) == ""


def test_what_another_place_says_is_private_whatever_was_asked() -> None:
    assert is_private(Command("search", {"channel": "33", "show": "all"}), here=HERE)
    assert not is_private(Command("search", {"channel": "22", "show": "all"}), here=HERE)


async def test_the_platform_is_asked_for_the_person_and_the_place() -> None:
    door = Doorkeeper()
    asked = replace(message("", Command("search", {"channel": "<#33>"})), conversation=HERE)
    assert await find_place(asked, door) == ELSEWHERE
    assert door.asked == [("<#33>", asked.author.id, HERE)]
    assert await find_place(replace(asked, command=Command("search")), door) is None


@pytest.mark.parametrize("has_door", [True, False])
async def test_a_place_that_is_not_there_is_refused(has_door: bool) -> None:
    door = Doorkeeper()
    asked = replace(message("", Command("search", {"channel": "44"})), conversation=HERE)
    with pytest.raises(CommandError) as refused:
        await find_place(asked, door if has_door else None)
    assert refused.value.user_message == NO_SUCH_PLACE


@pytest.mark.parametrize("channel", ["33", "44"])
async def test_nothing_is_looked_up_to_be_shown_to_all(channel: str) -> None:
    door = Doorkeeper()
    command = Command("search", {"channel": channel, "show": " ALL"})
    with pytest.raises(CommandError) as refused:
        await find_place(replace(message("", command), conversation=HERE), door)
    assert refused.value.user_message == FOR_YOU_ALONE and door.asked == []
