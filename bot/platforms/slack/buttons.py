"""Buttons: what people press below answers in Slack, told to the manager.

They live on after a restart: which answer is meant is looked up by the message that the button stands on, or
by its value where only one person sees it. Sentences to who pressed go there, and to nobody else.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from bot.conversation.access import NO_SUCH_PLACE
from bot.conversation.controls import Asker
from bot.conversation.manager import ConversationManager
from bot.conversation.tasks.own_notes import without_own_notes
from bot.conversation.text.languages import find_language
from bot.conversation.text.layout import words_of
from bot.conversation.translation.detection import detect
from bot.errors import BotError, PlatformError, where
from bot.messages import Command, IncomingMessage
from bot.platforms.event_order import EventOrder
from bot.platforms.layout import PREFIX
from bot.platforms.presses import I_MAY_NOT_SHARE, TRANSLATE, YOU_MAY_NOT_SHARE, Press, Presses
from bot.platforms.recently import Recently
from bot.platforms.slack import forms
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.given import place_of, to_message
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.interactions import Answer, Interactions, action_in
from bot.platforms.slack.layout import pressed
from bot.platforms.slack.members import is_in, may_read
from bot.platforms.slack.modals import open_view
from bot.platforms.slack.mrkdwn import message_body
from bot.platforms.slack.names import Person
from bot.platforms.slack.payloads import Payload, data_of, part, text
from bot.platforms.slack.problems import code_of, until_answered
from bot.platforms.slack.response_urls import ResponseUrl, ResponseUrls
from bot.platforms.slack.workspaces import Workspace

log = logging.getLogger(__name__)

BY_PRESS = "press-"
"""What the ids of commands begin with that a press gives."""

TELLING = ("regenerate", "continue", TRANSLATE, "share")
"""What tells anew what was said in a place: only for who may read it by now."""

TWICE_S = 10.0
"""Within this time a person is not given the same translation again."""
ASKED_ALREADY = "You asked me for this translation a moment ago."

MAX_DETECTED = 5_000
"""Characters of an answer that tell its language: a form is to be opened within three seconds."""


@dataclass(frozen=True, slots=True)
class Pressed(Press):
    """A button of Slack's that was pressed. `event_id` is the same for the same press; `is_whisper`: only
    one person sees what it stands on; `address` takes what is told to who pressed."""

    event_id: str
    workspace: Workspace
    person: Person
    is_whisper: bool
    address: str
    trigger_id: str = ""


class Buttons(Presses[Pressed]):
    """Takes what is pressed. `order` is shared with the listener."""

    def __init__(
        self, manager: ConversationManager, response_urls: ResponseUrls, order: EventOrder[str]
    ) -> None:
        super().__init__(manager, lambda key: order.turn(key.channel_id))
        self._response_urls = response_urls
        self._translated = Recently(once_in_s=TWICE_S)

    def listen(self, interactions: Interactions) -> None:
        """Be told of every button below an answer, whenever its message was posted."""
        interactions.listen("block_actions", PREFIX, self.pressed)
        interactions.listen("view_submission", forms.LANGUAGE, self.language_chosen)

    async def pressed(self, workspace: Workspace, body: Payload) -> Answer:
        """Do what a button is for."""
        action, about = pressed(action_in(body))
        container, user = part(body, "container"), text(part(body, "user"), "id")
        is_whisper = container.get("is_ephemeral") is True
        place = forms.About(
            place_of(body),
            about if is_whisper else text(container, "message_ts"),
            is_whisper,
            text(body, "response_url"),
        )
        event_id = f"{BY_PRESS}{text(action_in(body), 'action_ts')}-{user}"
        press = await _press(workspace, user, place, event_id)
        await self._do(replace(press, trigger_id=text(body, "trigger_id")), action)
        return None

    async def language_chosen(self, workspace: Workspace, body: Payload) -> Answer:
        """Translate an answer into the language that a person chose in the form, which closes."""
        view, user = part(body, "view"), text(part(body, "user"), "id")
        if place := forms.about_in(view):
            press = await _press(workspace, user, place, f"{BY_PRESS}{text(view, 'id')}")
            language = forms.values_in(view).get("language", "")
            await self._do(replace(press, language=language), TRANSLATE)
        return None

    def is_shown_to(self, press: Pressed, questions: Sequence[IncomingMessage]) -> bool:
        """See Presses. What one person alone sees is for who asked."""
        return not press.is_whisper or all(asked.author.id == press.asker.id for asked in questions)

    async def hindrance(self, press: Pressed, action: str) -> str:
        """See Presses. Whoever left a channel is not told any more what is said there."""
        workspace, channel_id = press.workspace, press.key.channel_id
        if action not in TELLING:
            return ""
        if not await may_read(workspace, channel_id, press.asker.id):
            return NO_SUCH_PLACE
        if action == "share" and not await is_in(workspace, channel_id, press.asker.id):
            return YOU_MAY_NOT_SHARE
        if action == "share" and not await _may_write(workspace, channel_id):
            return I_MAY_NOT_SHARE
        return ""

    async def regenerate(self, press: Pressed) -> str | None:
        """See Presses."""
        self._take_address(press)
        return await super().regenerate(press)

    async def go_on(self, press: Pressed) -> str | None:
        """See Presses."""
        self._take_address(press)
        return await super().go_on(press)

    async def translate(self, press: Pressed) -> str | None:
        """See Presses. Who has no known language, or reads the answer in it already, is asked for one."""
        if press.trigger_id and (find_language(press.language) is None or await self._is_in_own(press)):
            about = forms.About(press.key, press.post_id, press.is_whisper, press.address)
            if await open_view(press.workspace, press.trigger_id, forms.language_form(about)):
                return None
        if not self._translated.is_news((press.key, press.post_id, press.asker.id, press.language)):
            return ASKED_ALREADY
        return await super().translate(press)

    def message_of(self, press: Pressed, command: Command) -> IncomingMessage:
        """See Presses."""
        return to_message(command, press.key, press.event_id, press.asker.id, press.person)

    # --- inside ------------------------------------------------------------------------------

    async def _is_in_own(self, press: Pressed) -> bool:
        """Whether an answer is in the language of who pressed."""
        text = await self._manager.controls.text_of(press.key, press.post_id)
        found = await detect(words_of(without_own_notes(text)[:MAX_DETECTED]))
        return found is not None and found.is_sure and found.code == press.language

    def _take_address(self, press: Pressed) -> None:
        """What comes of the press is to take the place of what one person sees."""
        if press.is_whisper:
            self._response_urls.add(press.post_id, press.address)

    async def _do(self, press: Pressed, action: str) -> None:
        try:
            words = await self.do(press, action)
        except BotError as error:
            words = error.user_message
        except Exception as error:
            log.error("button %s: %s", action, where(error))
            words = BotError.default_user_message
        if words is not None and press.address:
            address = ResponseUrl(press.address, press.key.thread_id or "", can_replace=False)
            with suppress(PlatformError):
                await address.post(message_body(with_names_here(words)), replaces=False)


async def _press(workspace: Workspace, user_id: str, about: forms.About, event_id: str) -> Pressed:
    """A press by a person. In a conversation of their own everybody looks after it."""
    await workspace.names.of({user_id})
    person = workspace.names.person(user_id)
    is_manager = person.is_manager or about.key.channel_id.startswith(DIRECT)
    return Pressed(
        key=replace(about.key, workspace_id=workspace.id),
        post_id=about.post_id,
        asker=Asker(user_id, is_manager),
        language=person.language,
        event_id=event_id,
        workspace=workspace,
        person=person,
        is_whisper=about.is_whisper,
        address=about.address,
    )


async def _may_write(workspace: Workspace, channel_id: str) -> bool:
    """Whether the bot may write in a channel that it can read, as far as Slack says so beforehand."""
    client = workspace.client
    try:
        answer = await until_answered(
            "ask about a channel", lambda: client.conversations_info(channel=channel_id)
        )
    except (SlackApiError, PlatformError) as error:
        code = code_of(error) if isinstance(error, SlackApiError) else type(error).__name__
        log.info("nobody can say whether I may write in a channel: %s", code)
        return False
    channel = part(data_of(answer), "channel")
    return channel.get("is_archived") is not True and channel.get("is_read_only") is not True
