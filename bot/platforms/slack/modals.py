"""Modals: the form with everything that the bot does, opened, changed while it is filled in, and sent.

What a person sends is a command like any other, with the same checks. It decides nothing about answers.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.conversation.access import NO_SUCH_PLACE
from bot.conversation.manager import ConversationManager
from bot.conversation.tasks import task_by_name
from bot.conversation.tasks.task import SHOW, Task
from bot.errors import BotError, PlatformError, where
from bot.messages import Command, ConversationKey
from bot.platforms.patience import patiently
from bot.platforms.slack import forms
from bot.platforms.slack.access import find_readable
from bot.platforms.slack.commands import task_name
from bot.platforms.slack.direct import open_direct
from bot.platforms.slack.form_words import words_for
from bot.platforms.slack.given import to_message
from bot.platforms.slack.incoming import BY_COMMAND, DIRECT, PLATFORM
from bot.platforms.slack.interactions import Answer, Interactions, action_in
from bot.platforms.slack.payloads import Payload, data_of, part, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of
from bot.platforms.slack.shortcuts import ASK
from bot.platforms.slack.workspaces import Workspace, Workspaces

log = logging.getLogger(__name__)

SENT_S = 1.0
"""What is not found out in this time about a form that was sent is told in the form afterwards."""

OPEN_S = 1.5
"""How long Slack may take to open a form: what asked for it waits for an acknowledgement."""

MAX_FORMS = 1_000

Mistakes = dict[str, str]
"""What is wrong with a form that was sent, by field."""


@dataclass(slots=True, eq=False)
class _Form:
    """A form that is filled in: its state as Slack names it, and when its task was last chosen."""

    hash: str
    chosen_at: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Modals:
    """Opens the form, and takes what people do with it."""

    def __init__(self, manager: ConversationManager, workspaces: Workspaces) -> None:
        self._manager = manager
        self._workspaces = workspaces
        self._forms: dict[str, _Form] = {}
        self._late: set[asyncio.Task[None]] = set()

    def listen(self, interactions: Interactions) -> None:
        """Be told of the shortcut that opens the form, and of the form."""
        interactions.listen("shortcut", ASK, self.asked)
        interactions.listen("block_actions", forms.FORM, self.changed)
        interactions.listen("view_submission", forms.FORM, self.sent)

    async def asked(self, workspace: Workspace, body: Payload) -> Answer:
        """Open the form for a person who chose the shortcut."""
        task = task_by_name(forms.OFFERED[0])
        if task is not None:
            await self._open(workspace, text(body, "trigger_id"), text(part(body, "user"), "id"), task)
        return None

    async def open_instead(self, workspace: Workspace, payload: Payload) -> bool:
        """Open the form for a slash command that was given without the words that it needs; False where it
        needs none, or Slack would not."""
        task = task_by_name(task_name(text(payload, "command")))
        if task is None or task.name not in forms.OFFERED or text(payload, "text").strip():
            return False
        if not any(option.is_required for option in task.options):
            return False
        trigger, user = text(payload, "trigger_id"), text(payload, "user_id")
        return await self._open(workspace, trigger, user, task, text(payload, "channel_id"))

    async def changed(self, workspace: Workspace, body: Payload) -> Answer:
        """Show the options of the task that a person chose; of several choices the newest counts, in whatever
        order Slack tells of them."""
        view, chosen_at = part(body, "view"), text(action_in(body), "action_ts")
        form, task = self._opened(view), forms.task_chosen(view)
        if task is None or chosen_at <= form.chosen_at:
            return None
        form.chosen_at = chosen_at
        async with form.turn:
            if form.chosen_at == chosen_at:
                await self._show(workspace, view, form, task)
        return None

    async def sent(self, workspace: Workspace, body: Payload) -> Answer:
        """Have the command answered, and say so in the form; or say beside a field what is wrong with it."""
        view, user = part(body, "view"), text(part(body, "user"), "id")
        task, language = forms.task_chosen(view), forms.language_of(view)
        if task is None:
            return None
        if task != forms.task_shown(view):
            # Sent before the chosen task's options could be shown: what was filled in is another task's.
            return {"response_action": "update", "view": self._view(workspace, view, task)}
        await workspace.names.of({user})
        given = forms.given_in(view, task)
        now = datetime.now(UTC).astimezone(workspace.names.person(user).zone)
        if mistakes := forms.mistakes_in(given, now):
            return {"response_action": "errors", "errors": mistakes}
        work = asyncio.create_task(self._accept(workspace, text(view, "id"), user, given))
        await asyncio.wait({work}, timeout=SENT_S)
        is_direct = not given.channel_id
        if not work.done():
            self._tell_late(workspace, view, task, work)
        elif isinstance(outcome := work.result(), dict):
            return {"response_action": "errors", "errors": outcome}
        else:
            is_direct = outcome.channel_id.startswith(DIRECT)
        known = words_for(language)
        told = known.under_way_direct if is_direct else known.under_way
        return {
            "response_action": "update",
            "view": forms.told_view(known.tasks[task.name], told, language),
        }

    # --- inside ------------------------------------------------------------------------------

    async def _open(
        self, workspace: Workspace, trigger_id: str, user_id: str, task: Task, channel_id: str = ""
    ) -> bool:
        """Open the form with a task chosen, and the channel where that is known."""
        # The trigger is good for three seconds: a language that is not known by now is not waited for.
        language = workspace.names.person(user_id).language
        chosen = "" if channel_id.startswith(DIRECT) else channel_id
        view = forms.task_form(task, workspace.me.name, language, chosen)
        return await open_view(workspace, trigger_id, view)

    def _opened(self, view: Payload) -> _Form:
        if len(self._forms) > MAX_FORMS:
            del self._forms[next(iter(self._forms))]
        return self._forms.setdefault(text(view, "id"), _Form(text(view, "hash")))

    def _view(self, workspace: Workspace, view: Payload, task: Task) -> forms.View:
        return forms.task_form(task, workspace.me.name, forms.language_of(view))

    async def _show(self, workspace: Workspace, view: Payload, form: _Form, task: Task) -> None:
        """Show a task's options; also where the form is not as it was when that was chosen."""
        update = partial(
            workspace.hasty_client.views_update,
            view_id=text(view, "id"),
            view=self._view(workspace, view, task),
        )
        try:
            with suppress(SlackApiError):
                form.hash = _hash_in(await update(hash=form.hash))
                return
            form.hash = _hash_in(await update())
        except (SlackApiError, *CONNECTION_ERRORS) as error:
            log.info("a form could not be changed: %s", _reason(error))

    async def _accept(
        self, workspace: Workspace, view_id: str, user_id: str, given: forms.Given
    ) -> ConversationKey | Mistakes:
        """Have what was filled in answered; where, or what keeps it from being so."""
        try:
            key = await self._place(workspace, user_id, given)
            if key is None:
                return {forms.PLACE: NO_SUCH_PLACE}
            # In a conversation of two, an answer that both may see can be kept and looked up.
            shown = {SHOW.name: "all"} if key.channel_id.startswith(DIRECT) else {}
            command = Command(given.task.name, {**given.options, **shown})
            person = workspace.names.person(user_id)
            message = to_message(command, key, f"{BY_COMMAND}form-{view_id}", user_id, person)
            if refusal := self._manager.rate.refusal(message):
                return {forms.TASK: forms.plain(refusal)}
            await patiently(lambda: self._manager.accept(message))
        except BotError as error:
            log.warning("a form could not be taken: %s", error)
            return {forms.TASK: error.user_message}
        return key

    async def _place(self, workspace: Workspace, user_id: str, given: forms.Given) -> ConversationKey | None:
        """Where the command belongs: the channel, where the bot and the person are in it, else their own
        conversation; None for what is about a channel. Raises PlatformError."""
        here = ConversationKey(PLATFORM, workspace.id, given.channel_id)
        wanted = f"<#{given.channel_id}>"
        if given.channel_id and await find_readable(self._workspaces, wanted, user_id, here):
            return here
        if given.task.is_about_place:
            return None
        return ConversationKey(PLATFORM, workspace.id, await open_direct(workspace, user_id))

    def _tell_late(
        self, workspace: Workspace, view: Payload, task: Task, work: asyncio.Task[ConversationKey | Mistakes]
    ) -> None:
        """Say in a form that seemed to be fine what was wrong with it after all."""

        async def tell() -> None:
            language = forms.language_of(view)
            outcome = await work
            for mistake in outcome.values() if isinstance(outcome, dict) else ():
                told = forms.told_view(words_for(language).tasks[task.name], mistake, language)
                with suppress(SlackApiError, PlatformError, *CONNECTION_ERRORS):
                    await workspace.client.views_update(view_id=text(view, "id"), view=told)

        telling = asyncio.create_task(tell())
        self._late.add(telling)
        telling.add_done_callback(self._late.discard)


async def open_view(workspace: Workspace, trigger_id: str, view: forms.View) -> bool:
    """Open a form for whoever pulled a trigger; False where Slack would not, or not in time."""
    try:
        async with asyncio.timeout(OPEN_S):
            await workspace.hasty_client.views_open(trigger_id=trigger_id, view=view)
    except (SlackApiError, *CONNECTION_ERRORS) as error:
        log.warning("a form could not be opened: %s", _reason(error))
        return False
    return True


def _hash_in(answer: AsyncSlackResponse) -> str:
    return text(part(data_of(answer), "view"), "hash")


def _reason(error: Exception) -> str:
    return (code_of(error) if isinstance(error, SlackApiError) else "") or where(error)
