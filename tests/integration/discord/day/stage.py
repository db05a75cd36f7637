"""The stage of a scripted day: a server with many channels, a bot, and a gateway that keeps breaking.

A scenario is a coroutine that takes a `Corner`: a channel and people of its own. All scenarios of the day run
at once, while the connection is broken again and again in every way there is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.messages import ConversationKey
from tests.integration.conversation.stage import long_text, prompt_text, talker, until
from tests.integration.discord.fake_discord import FakeDiscord, Interaction, Place
from tests.integration.discord.rig import Bot, key_of
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

CODE = "\n".join(f"print({number})  # line {number} of the program" for number in range(120))
LONG = long_text(48)
SAID = {
    "write me much": LONG,
    "write me code": f"Here it is:\n\n```python\n{CODE}\n```\n\nThat is all.",
    "shout": "Hello @everyone and @here, <@&123456789012345678> and <@123456789012345678>!",
}


class Day:
    """What all scenarios share. `is_calm` is false while the connection is being broken."""

    def __init__(self, discord: FakeDiscord, bot: Bot) -> None:
        self.discord = discord
        self.bot = bot
        self.interactions: list[Interaction] = []
        self.disconnects = 0
        self._busy = 0
        self._breaking = asyncio.Lock()
        self._is_storm = False

    @asynccontextmanager
    async def calm(self) -> AsyncIterator[None]:
        """What Discord tells only once is done here: the connection stands until the end of the block."""
        await until(lambda: not self._is_storm and self.discord.gateway.is_connected)
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def break_connection(self, how: Callable[[], None]) -> None:
        """Break it, and wait until the bot is back."""
        async with self._breaking:
            self._is_storm = True
            await until(lambda: not self._busy)
            gateway = self.discord.gateway
            before = gateway.resumed + len(gateway.identified)
            how()
            await until(lambda: gateway.resumed + len(gateway.identified) > before and gateway.is_connected)
            self.disconnects += 1
            self._is_storm = False


@dataclass
class Corner:
    """Where one scenario plays: `place` is its channel, `ann` and `ben` are people, `chief` manages it."""

    day: Day
    name: str
    place: Place
    ann: Payload
    ben: Payload
    chief: Payload
    answered: list[int] = field(default_factory=list)

    @property
    def discord(self) -> FakeDiscord:
        return self.day.discord

    @property
    def key(self) -> ConversationKey:
        """The bot's name for the scenario's channel."""
        return key_of(self.discord, self.place)

    def say(self, text: str, author: Payload | None = None, **more: Any) -> int:
        """Somebody, Ann where nobody is named, writes in the scenario's channel."""
        more.setdefault("place", self.place)
        return self.discord.say(text, author or self.ann, **more)

    def ask(self, text: str, author: Payload | None = None, **more: Any) -> int:
        """A question that must be answered exactly once."""
        question = self.say(text, author, calls=True, **more)
        self.answered.append(question)
        return question

    async def command(
        self, name: str, options: dict[str, str] | None = None, author: Payload | None = None, **more: Any
    ) -> Interaction:
        """A slash command, given while the bot hears."""
        more.setdefault("place", self.place)
        return await self._interact(lambda: self.discord.command(name, options, author or self.ann, **more))

    async def menu(self, name: str, target_id: int, author: Payload | None = None) -> Interaction:
        return await self._interact(lambda: self.discord.menu(name, target_id, author or self.ann))

    async def press(self, post_id: int, action: str, author: Payload | None = None) -> Interaction:
        return await self._interact(
            lambda: self.discord.press(post_id, f"parley:{action}", author or self.ann)
        )

    async def calmly(self, work: Callable[[], object]) -> None:
        """An edit, a deletion or a reaction while the bot hears."""
        async with self.day.calm():
            work()
            await asyncio.sleep(0.02)

    def texts(self, place: Place | None = None) -> list[str]:
        return self.discord.texts(place or self.place)

    def whispers(self) -> list[str]:
        return self.discord.whispers(self.place)

    def prompts(self) -> list[str]:
        """What the model was given, everything in one text a request, of this scenario's channel alone."""
        texts = [prompt_text(request) for request in self.day.bot.generator.asked]
        return [text for text in texts if self.name in text]

    async def replies(self, *texts: str, place: Place | None = None) -> None:
        """Wait until the bot has said just this here."""
        await until(lambda: self.texts(place) == list(texts), lambda: self.texts(place))

    async def whispered(self, part: str) -> None:
        """Wait until the bot has told one person something with these words."""
        await until(lambda: any(part in text for text in self.whispers()), self.whispers)

    async def says(self, part: str, place: Place | None = None) -> None:
        """Wait until something that the bot said has these words."""
        await until(lambda: any(part in text for text in self.texts(place)), lambda: self.texts(place))

    async def silence(self, author: Payload | None = None) -> None:
        """What was said before is not answered: a later question is, and nothing else was."""
        before = len(self.texts())
        self.ask(f"still there, {self.name}?", author or self.chief)
        answer = f"You said: still there, {self.name}?"
        await until(lambda: answer in self.texts(), self.texts)
        assert self.texts()[before:] == [answer]

    async def _interact(self, act: Callable[[], Interaction]) -> Interaction:
        async with self.day.calm():
            interaction = act()
            self.day.interactions.append(interaction)
            await until(lambda: interaction.is_answered)
        return interaction


Scenario = Callable[[Corner], Coroutine[object, object, None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    """Put a coroutine on the day's programme."""
    SCENARIOS[play.__name__] = play
    return play


def corner(day: Day, name: str) -> Corner:
    """A channel and people for one scenario."""
    discord = day.discord
    people = [payloads.user(snowflake(), who) for who in ("Ann", "Ben", "Chief")]
    discord.people |= {person["id"]: person for person in people}
    discord.managers.add(people[2]["id"])
    ann, ben, chief = people
    return Corner(day, name, discord.open_channel(name.replace("_", "-")), ann, ben, chief)


talk = talker(SAID)
