"""Presses: what the buttons below an answer do, the same on every platform.

A button only says what is wanted; which answer is meant is looked up by the post that it stands on. How a
press arrives, is acknowledged and answered is the adapter's.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Generic, TypeVar

from bot.conversation.controls import NOTHING_TO_STOP, UNKNOWN_ANSWER, Asker
from bot.conversation.manager import ConversationManager
from bot.conversation.text.languages import find_language
from bot.errors import CommandError
from bot.messages import Command, ConversationKey, IncomingMessage
from bot.platforms.patience import patiently
from bot.storage.inbox import ABOUT

THANKS = "Thank you, I have noted that."
THUMB_TAKEN_BACK = "I have taken back what you said of this answer."
SHARED_ALREADY = "This is shared already."
YOU_MAY_NOT_SHARE = "You may not write in this channel, so I cannot share it here for you."
I_MAY_NOT_SHARE = "I may not write in this channel, so I cannot share it here."
TRANSLATE = "translate"
WRITTEN_DOWN_S = (0.1, 0.4, 1.0)
"""Waits for a post to be written down."""

COUNTED = ("regenerate", "continue", TRANSLATE)
"""What makes work like a question does, and counts as one."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: the post that it stands on, where, by whom, and the code of the language of
    that person, "" where it is not known."""

    key: ConversationKey
    post_id: str
    asker: Asker
    language: str


P = TypeVar("P", bound=Press)


class Presses(ABC, Generic[P]):
    """Does what people press; adapters say what only they can know."""

    def __init__(
        self,
        manager: ConversationManager,
        turn: Callable[[ConversationKey], AbstractAsyncContextManager[None]],
    ) -> None:
        """`turn` is entered when a channel's earlier events are handled."""
        self._manager = manager
        self._turn = turn
        self._deeds: dict[str, Callable[[P], Awaitable[str | None]]] = {
            "stop": self._stop,
            "regenerate": self.regenerate,
            "continue": self.go_on,
            TRANSLATE: self.translate,
            "share": self._share,
            "good": partial(self._judge, is_good=True),
            "bad": partial(self._judge, is_good=False),
        }

    async def do(self, press: P, action: str) -> str | None:
        """Do what a button is for; a sentence for the person, None where what happens says enough. Raises
        CommandError, StorageError and PlatformError."""
        deed, questions = self._deeds.get(action), await self._questions(press)
        if deed is None or not questions or not self.is_shown_to(press, questions):
            return UNKNOWN_ANSWER
        press = replace(press, key=questions[-1].conversation)
        refusal = await self.hindrance(press, action)
        if not refusal and action in COUNTED:
            refusal = self._refusal(press, Command(action))
        return refusal or await deed(press)

    def is_shown_to(self, press: P, questions: Sequence[IncomingMessage]) -> bool:
        """Whether the person could see the post that answers `questions`, as far as that is not sure."""
        return True

    async def hindrance(self, press: P, action: str) -> str:
        """What keeps the person, or the bot, from doing that at this place by now; "" for nothing."""
        return ""

    @abstractmethod
    def message_of(self, press: P, command: Command) -> IncomingMessage:
        """A command that a press gives, as the bot is told of it: the same for the same press."""

    async def regenerate(self, press: P) -> str | None:
        """Have an answer made anew, in its place."""
        await self._manager.controls.regenerate(press.key, press.asker, press.post_id)
        return None

    async def go_on(self, press: P) -> str | None:
        """Have an answer continued, in its place."""
        await self._manager.controls.go_on(press.key, press.post_id, asker=press.asker)
        return None

    async def translate(self, press: P) -> str | None:
        """Have an answer translated for the person alone: a command like any other."""
        own = find_language(press.language)
        to = {"to": own.code} if own else {}
        async with self._turn(press.key):
            await self._give(press, Command(TRANSLATE, {ABOUT: press.post_id, "show": "me", **to}))
        return None

    # --- inside ------------------------------------------------------------------------------

    async def _questions(self, press: P) -> tuple[IncomingMessage, ...]:
        """What the answer answers that the post is of. One posted a moment ago may still be unwritten."""
        controls = self._manager.controls
        for wait_s in WRITTEN_DOWN_S:
            if found := await patiently(lambda: controls.questions_of(press.key, press.post_id)):
                return found
            if not self._manager.is_answering(press.key):
                return ()
            await asyncio.sleep(wait_s)
        return ()

    async def _stop(self, press: P) -> str | None:
        is_stopped = await self._manager.stop(press.key, press.asker, press.post_id)
        return None if is_stopped else NOTHING_TO_STOP

    async def _share(self, press: P) -> str | None:
        controls = self._manager.controls
        async with self._turn(press.key):
            if await patiently(lambda: controls.is_shared(press.key, press.asker, press.post_id)):
                return SHARED_ALREADY
            await self._give(press, Command("share", {ABOUT: press.post_id}))
        return None

    async def _judge(self, press: P, *, is_good: bool) -> str:
        is_kept = await self._manager.controls.judge(press.key, press.asker, press.post_id, is_good=is_good)
        return THANKS if is_kept else THUMB_TAKEN_BACK

    async def _give(self, press: P, command: Command) -> None:
        """Have a command answered, in the channel's turn. Raises CommandError where the person asks for too
        much at once."""
        if refusal := self._refusal(press, command):
            raise CommandError(refusal)
        message = self.message_of(press, command)
        await patiently(lambda: self._manager.accept(message))

    def _refusal(self, press: P, command: Command) -> str:
        return self._manager.rate.refusal(self.message_of(press, command))
