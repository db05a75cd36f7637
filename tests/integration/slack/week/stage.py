"""The stage of a scripted week: a workspace with many channels, a bot, and a connection that keeps failing.

A scenario is a coroutine that takes a `Corner`: a channel and people of its own. All scenarios of the week
run at once, while connections break, acknowledgements get lost and a fifth of Slack's answers never arrives.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from bot.messages import ConversationKey
from tests.integration.conversation.stage import long_text, prompt_text, talker, until
from tests.integration.slack.fake_slack import FakeSlack, Place
from tests.integration.slack.fake_state import Command, Given, Interaction, Payload
from tests.integration.slack.rig import Bot, key_of
from tests.unit.platforms.slack.payloads import buttons_of, text_of

CODE = "\n".join(f"print({number})  # line {number} of the program" for number in range(400))
LONG = long_text(80)
SAID = {
    "write me much": LONG,
    "write me code": f"Here it is:\n\n```python\n{CODE}\n```\n\nThat is all.",
    "shout": "Hello <!channel> and <!here|all>, <!everyone>, <@U0BODY> and <!subteam^S1|@crew>!",
}
_marks = count(1)


class Week:
    """What all scenarios share."""

    def __init__(self, slack: FakeSlack, bot: Bot) -> None:
        self.slack = slack
        self.bot = bot
        self.disconnects = 0
        self._busy = 0
        self._breaking = asyncio.Lock()
        self._is_storm = False

    @asynccontextmanager
    async def calm(self) -> AsyncIterator[None]:
        """What Slack delivers only once is done here: the connection stands until the end of the block."""
        await until(lambda: not self._is_storm and self.is_connected)
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def break_connection(self, how: str) -> None:
        """Break it, and wait until the bot is back."""
        async with self._breaking:
            self._is_storm = True
            await until(lambda: not self._busy)
            before = self.slack.socket.connected
            await self.slack.socket.disconnect(how)
            await until(lambda: self.slack.socket.connected > before and self.is_connected)
            self.disconnects += 1
            self._is_storm = False

    @property
    def is_connected(self) -> bool:
        """Whether deliveries arrive; over HTTP they always do."""
        return self.slack.door is not self.slack.socket or self.slack.socket.is_connected


@dataclass
class Corner:
    """Where one scenario plays: `place` is its channel, `ann` and `ben` are people, `chief` is an admin."""

    week: Week
    name: str
    place: Place
    ann: str
    ben: str
    chief: str
    answered: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)

    @property
    def slack(self) -> FakeSlack:
        return self.week.slack

    @property
    def key(self) -> ConversationKey:
        """The bot's name for the scenario's channel."""
        return key_of(self.place)

    def say(self, text: str, author: str | None = None, **more: Any) -> str:
        """Somebody, Ann where nobody is named, writes in the scenario's channel."""
        more.setdefault("place", self.place)
        return self.slack.say(text, author or self.ann, **more)

    def ask(self, text: str, author: str | None = None, **more: Any) -> str:
        """A question that must be answered exactly once; what the model says to it."""
        marked = self.marked(text)
        more.setdefault("calls", True)
        self.say(marked, author, **more)
        return f"You said: {marked}"

    def marked(self, text: str) -> str:
        """Words that stand nowhere else, whose answer must stand exactly once."""
        text = f"{text} ({next(_marks)})"
        self.answered.append(f"You said: {text}")
        return text

    async def command(
        self, command: str, text: str = "", author: str | None = None, place: Place | None = None
    ) -> Command:
        """A slash command, given while the bot hears."""
        async with self.week.calm():
            given = self.slack.command(command, text, author or self.ann, place or self.place)
            self.given.append(given)
            await until(lambda: given.envelope.acknowledgements, lambda: f"{command} {text}")
        return given

    async def press(self, post: Payload, action: str, author: str | None = None) -> Interaction:
        return await self.interact(lambda: self.slack.press(post, action, author or self.ann))

    async def shortcut(self, name: str, ts: str, author: str | None = None) -> Interaction:
        return await self.interact(lambda: self.slack.shortcut(name, ts, author or self.ann))

    async def interact(self, act: Callable[[], Interaction]) -> Interaction:
        """A press, a shortcut or a form, while the bot hears."""
        async with self.week.calm():
            given = act()
            self.given.append(given)
            await until(lambda: given.acknowledged is not None, lambda: "an interaction")
        return given

    def posts(self, place: Place | None = None, thread: str | None = None) -> list[Payload]:
        return self.slack.posts(place or self.place, thread)

    def texts(self, place: Place | None = None, thread: str | None = None) -> list[str]:
        """What the bot said for everybody, as people read it."""
        return [text_of(post).strip() for post in self.posts(place, thread)]

    def whispers(self) -> list[str]:
        """What one person alone was told here, everything that was ever shown."""
        people = (self.ann, self.ben, self.chief)
        bodies = [body for given in self.given for body in given.shown]
        bodies += [body for body in self.slack.ephemeral if body["user"] in people]
        told = [ack for given in self.given for ack in given.envelope.acknowledgements]
        return [text_of(body) for body in (*bodies, *told)]

    def hidden(self) -> list[Payload]:
        """The messages with buttons that one person alone was shown, newest last."""
        bodies = [body for given in self.given for body in given.shown]
        people = (self.ann, self.ben, self.chief)
        bodies += [body for body in self.slack.ephemeral if body["user"] in people]
        return [body for body in bodies if buttons_of(body)]

    def prompts(self) -> list[str]:
        """What the model was given, everything in one text a request, of this scenario's channel alone."""
        texts = [prompt_text(request) for request in self.week.bot.generator.asked]
        return [text for text in texts if self.name in text]

    async def says(self, part: str, place: Place | None = None, thread: str | None = None) -> None:
        """Wait until something that the bot said here has these words."""
        await until(
            lambda: any(part in text for text in self.texts(place, thread)),
            lambda: self.texts(place, thread),
        )

    async def whispered(self, part: str) -> None:
        """Wait until the bot has told one person something with these words."""
        await until(lambda: any(part in text for text in self.whispers()), self.whispers)

    async def silence(self, author: str | None = None) -> None:
        """What was said before is not answered: a later question is, and nothing else was."""
        before = len(self.texts())
        answer = self.ask(f"still there, {self.name}?", author or self.chief)
        await until(lambda: answer in self.texts(), self.texts)
        assert self.texts()[before:] == [answer]


Scenario = Callable[[Corner], Coroutine[object, object, None]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    """Put a coroutine on the week's programme."""
    SCENARIOS[play.__name__] = play
    return play


def corner(week: Week, name: str) -> Corner:
    """A channel and people for one scenario."""
    slack = week.slack
    number = len(slack.users)
    people = [f"U{who.upper()}{number}" for who in ("Ann", "Ben", "Chief")]
    slack.users |= dict(zip(people, ("Ann", "Ben", "Chief"), strict=True))
    slack.admins.add(people[2])
    ann, ben, chief = people
    place = slack.open_channel(name.replace("_", "-"), members=(ann, ben, chief))
    return Corner(week, name, place, ann, ben, chief)


talk = talker(SAID)
