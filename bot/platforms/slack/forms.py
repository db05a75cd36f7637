"""Forms: the modals of the bot, made from the list of tasks, and back, what a person filled in. Pure.

Reference: https://docs.slack.dev/reference/views/modal-views and .../block-kit. Fields are named after
options, so that what was typed stays where another task has an option of that name and kind.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from bot.conversation.commands import MAX_VALUE_CHARS, check_options
from bot.conversation.localised import option_name
from bot.conversation.suggestions import suggest
from bot.conversation.summaries.scope import check_beginning
from bot.conversation.tasks import task_by_name
from bot.conversation.tasks.task import CHANNEL, SHOW, Option, Task
from bot.conversation.text.sentences import shortened
from bot.conversation.text.times import is_last_visit, parse_since
from bot.conversation.words import words
from bot.errors import CommandError
from bot.messages import ConversationKey
from bot.platforms.layout import PREFIX
from bot.platforms.slack.form_words import FormWords, words_for
from bot.platforms.slack.payloads import Payload, part, text

FORM, LANGUAGE = f"{PREFIX}form", f"{PREFIX}language"
"""The names of the form with everything, and of the one that asks for the language of a translation."""
TASK_MENU = f"{FORM}:task"
"""The name of the menu in which the task is chosen."""
OFFERED = ("summarize", "catchup", "translate", "ask", "write", "search")
TASK, PLACE, REST = "task", "channel", "words"
"""Fields: what is to be done, where, and the words that a task takes whole, whatever its option is called."""

MAX_TITLE, MAX_OPTION, MAX_HINT, MAX_TEXT = 24, 75, 2000, 3000

View = dict[str, object]
Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class About:
    """The post of an answer that somebody wants something of: see Pressed."""

    key: ConversationKey
    post_id: str
    is_whisper: bool
    address: str


class Given(NamedTuple):
    """What a person filled in: the task, its options, and the id of the channel, "" for none."""

    task: Task
    options: dict[str, str]
    channel_id: str


# --- the forms -------------------------------------------------------------------------------


def task_form(task: Task, bot_name: str, language: str, channel_id: str = "") -> View:
    """The form with all options of a task, in a language where there are words in it. `channel_id` is chosen
    beforehand; without one it is the channel that the person looks at."""
    known = words_for(language)
    rest = [option for option in task.options if option.is_rest]
    further = [option for option in task.options if option not in (CHANNEL, SHOW) and not option.is_rest]
    fields = [_field(task, option, language) for option in (*rest, *further)]
    blocks = [_task_menu(task, language), *fields[: len(rest)], _place_menu(task, known, channel_id)]
    blocks += [*fields[len(rest) :], _show_menu(task, language)]
    metadata = {"task": task.name, "language": language}
    return _modal(FORM, f"{known.ask} {bot_name}", known, blocks, known.send, metadata)


def language_form(about: About, language: str = "") -> View:
    """The form that asks for the language of a translation."""
    known, key = words_for(language), about.key
    place = [key.platform, key.workspace_id, key.channel_id, key.thread_id]
    metadata = {"about": [place, about.post_id, about.is_whisper, about.address]}
    task = task_by_name("translate")
    assert task is not None
    option = next(replace(one, is_required=True) for one in task.options if one.name == "to")
    block: Block = {**_field(task, option, language), "block_id": "language"}
    return _modal(LANGUAGE, _label(task, language), known, [block], known.send, metadata)


def told_view(title: str, sentence: str, language: str) -> View:
    """What a form becomes when it was sent: a sentence."""
    known = words_for(language)
    block: Block = {"type": "section", "text": _plain_text(sentence, MAX_TEXT)}
    return _modal(FORM, title, known, [block], "", {})


# --- what was filled in ----------------------------------------------------------------------


def task_shown(view: Payload) -> Task | None:
    """The task whose options a form shows."""
    return _offered(str(_metadata(view).get("task")))


def task_chosen(view: Payload) -> Task | None:
    """The task that is chosen in a form: its options may not be shown yet."""
    return _offered(values_in(view).get(TASK, ""))


def language_of(view: Payload) -> str:
    """The language that a form is in."""
    return str(_metadata(view).get("language", ""))


def given_in(view: Payload, task: Task) -> Given:
    """What was filled in for a task."""
    values = values_in(view)
    named = {option.name: values.get(_name(option), "") for option in task.options if option != CHANNEL}
    return Given(task, {name: value for name, value in named.items() if value.strip()}, values.get(PLACE, ""))


def mistakes_in(given: Given, now: datetime) -> dict[str, str]:
    """What is wrong, by field."""
    found: dict[str, str] = {}
    for option in given.task.options:
        alone = {name: value for name, value in given.options.items() if name == option.name}
        try:
            checked = check_options(replace(given.task, options=(option,)), alone)
            if option.suggests == "time" and checked and not is_last_visit(checked[option.name]):
                parse_since(checked[option.name], now)
            if option.name == "from":
                check_beginning(given.options)
        except CommandError as error:
            found[_name(option)] = plain(error.user_message)
    return found


def plain(sentence: str) -> str:
    """A sentence of the bot's where Slack shows no markup."""
    return sentence.replace("`", "")


def about_in(view: Payload) -> About | None:
    """The answer that a form is about, None where it is none that the bot made."""
    about = _metadata(view).get("about")
    if not isinstance(about, list):
        return None
    place, post_id, is_whisper, address = about
    return About(ConversationKey(*place), post_id, is_whisper, address)


def values_in(view: Payload) -> dict[str, str]:
    """What was typed or chosen, by field; nothing for those left empty."""
    found: dict[str, str] = {}
    for name, elements in part(view, "state", "values").items():
        state = next((one for one in _values(elements) if isinstance(one, Mapping)), {})
        selected = text(part(state, "selected_option"), "value") or text(state, "selected_conversation")
        found[name] = text(state, "value") or selected
    return {name: value for name, value in found.items() if value}


# --- inside ----------------------------------------------------------------------------------


def _values(elements: object) -> Iterable[object]:
    return elements.values() if isinstance(elements, Mapping) else ()


def _offered(name: str) -> Task | None:
    return task_by_name(name) if name in OFFERED else None


def _metadata(view: Payload) -> Mapping[str, object]:
    try:
        found = json.loads(text(view, "private_metadata") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _modal(
    name: str, title: str, known: FormWords, blocks: list[Block], submit: str, metadata: Mapping[str, object]
) -> View:
    return {
        "type": "modal",
        "callback_id": name,
        "title": _plain_text(title, MAX_TITLE),
        "close": _plain_text(known.cancel if submit else known.close, MAX_TITLE),
        **({"submit": _plain_text(submit, MAX_TITLE)} if submit else {}),
        "private_metadata": json.dumps(metadata),
        "blocks": blocks,
    }


def _task_menu(task: Task, language: str) -> Block:
    offered = [found for name in OFFERED if (found := task_by_name(name))]
    choices = {one.name: _label(one, language) for one in offered}
    label = words(language).command(task.name)
    menu = {**_menu(choices, task.name), "action_id": TASK_MENU}
    hint = label.help if label else task.help
    return {**_input(TASK, words_for(language).task, menu, hint=hint), "dispatch_action": True}


def _place_menu(task: Task, known: FormWords, channel_id: str) -> Block:
    chosen = {"initial_conversation": channel_id} if channel_id else {"default_to_current_conversation": True}
    include = ["public", "private", "mpim"]
    menu = {
        "type": "conversations_select",
        "filter": {"include": include, "exclude_bot_users": True},
        **chosen,
    }
    if task.is_about_place:
        return _input(PLACE, known.place, menu)
    return _input(PLACE, known.place, menu, hint=known.or_direct, is_optional=True)


def _show_menu(task: Task, language: str) -> Block:
    choices = {choice: _choice(task, SHOW, choice, language) for choice in SHOW.choices}
    return _input(SHOW.name, _option_label(task, SHOW, language), _menu(choices, "me"))


def _field(task: Task, option: Option, language: str) -> Block:
    label = words(language).option(task.name, option.name)
    return _input(
        _name(option),
        _option_label(task, option, language),
        _element(task, option, language),
        hint=label.help if label else option.help,
        is_optional=not option.is_required,
    )


def _element(task: Task, option: Option, language: str) -> Block:
    """What an option is filled in with, as narrow as Slack has it."""
    if option.choices:
        return _menu({choice: _choice(task, option, choice, language) for choice in option.choices})
    if option.suggests == "language":
        return _menu({code: name for name, code in suggest("language", "", language or "en", limit=100)})
    if option.between:
        least, most = option.between
        between = {"min_value": str(least), "max_value": str(most)}
        return {"type": "number_input", "is_decimal_allowed": False, **between}
    most = MAX_TEXT if option.is_rest else MAX_VALUE_CHARS
    typed = {"type": "plain_text_input", "max_length": most}
    return {**typed, "multiline": True} if option.is_rest else typed


def _menu(choices: Mapping[str, str], chosen: str = "") -> Block:
    options = {
        value: {"text": _plain_text(name, MAX_OPTION), "value": value} for value, name in choices.items()
    }
    initial = {"initial_option": options[chosen]} if chosen else {}
    return {"type": "static_select", "options": [*options.values()], **initial}


def _input(name: str, label: str, element: Block, *, hint: str = "", is_optional: bool = False) -> Block:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain_text(label, MAX_HINT),
        # Another kind of field under the same name has a value of its own.
        "element": {"action_id": element["type"], **element},
        "optional": is_optional,
        **({"hint": _plain_text(hint, MAX_HINT)} if hint else {}),
    }


def _plain_text(words_: str, most: int) -> dict[str, object]:
    return {"type": "plain_text", "text": shortened(words_, most)}


def _name(option: Option) -> str:
    return REST if option.is_rest else option.name


def _label(task: Task, language: str) -> str:
    """What a task is called in a menu."""
    return words_for(language).tasks[task.name]


def _option_label(task: Task, option: Option, language: str) -> str:
    name = option_name(task, option, language).replace("_", " ").replace("-", " ")
    return name[:1].upper() + name[1:]


def _choice(task: Task, option: Option, choice: str, language: str) -> str:
    return words(language).choice(task.name, option.name, choice) or choice
