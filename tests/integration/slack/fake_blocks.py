"""Slack's rules for blocks and views: what stands where, how long it may be, and what would call people.

https://docs.slack.dev/reference/block-kit and https://docs.slack.dev/reference/views.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.integration.slack.fake_texts import active_problems

MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MAX_MARKDOWN = 12_000
MESSAGE_ONLY = ("markdown", "table", "context_actions")


Rule = Callable[[str, Any], list[str]]
"""Where something stands, and what; gives what is wrong with it."""


def block_problems(blocks: Any, surface: str) -> list[str]:
    """What is wrong with the blocks of a "message", a "modal" or a "home"."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        return ["blocks are no list of objects"]
    found = [problem for number, block in enumerate(blocks) for problem in _block(number, block, surface)]
    if len(blocks) > MAX_BLOCKS[surface]:
        found.append(f"{len(blocks)} blocks")
    kinds = [block.get("type") for block in blocks]
    markdown = sum(len(str(block.get("text", ""))) for block in blocks if block.get("type") == "markdown")
    if markdown > MAX_MARKDOWN:
        found.append(f"{markdown} characters in markdown blocks")
    if kinds.count("table") > 1:
        found.append("more than one table")
    return found + _twice("block_id", blocks) + active_problems(blocks)


def view_problems(view: Any) -> list[str]:
    """What is wrong with a modal or a home tab."""
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in _VIEWS:
        return [f"a view of type {kind!r}"]
    found = _VIEWS[kind]("view", view)
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(block.get("type") == "input" for block in blocks)
    if kind == "modal" and has_input and "submit" not in view:
        found.append("view: input blocks without submit")
    shown = {name: value for name, value in view.items() if name != "blocks"}
    return found + block_problems(blocks, kind) + active_problems(shown)


# --- rules of single fields ----------------------------------------------------------------------


def _string(longest: int, least: int = 1) -> Rule:
    def check(where: str, value: Any) -> list[str]:
        if not isinstance(value, str):
            return [f"{where} is no string"]
        is_right = least <= len(value) <= longest
        return [] if is_right else [f"{where} has {len(value)} characters, not {least} to {longest}"]

    return check


def _text(longest: int, *kinds: str) -> Rule:
    """A text object, plain unless other kinds are named."""

    def check(where: str, value: Any) -> list[str]:
        if not isinstance(value, dict) or value.get("type") not in (kinds or ("plain_text",)):
            return [f"{where} is no {' or '.join(kinds or ('plain_text',))}"]
        found = [f"{where}: unknown {name}" for name in set(value) - {"type", "text", "emoji", "verbatim"}]
        return found + _string(longest)(f"{where}.text", value.get("text"))

    return check


def _one_of(*choices: object) -> Rule:
    return lambda where, value: [] if value in choices else [f"{where} is {value!r:.40}"]


def _of(*types: type) -> Rule:
    return lambda where, value: [] if isinstance(value, types) else [f"{where} is {type(value).__name__}"]


def _items(rule: Rule, most: int, least: int = 1) -> Rule:
    def check(where: str, value: Any) -> list[str]:
        if not isinstance(value, list):
            return [f"{where} is no list"]
        found = [] if least <= len(value) <= most else [f"{where} has {len(value)} items, at most {most} fit"]
        return found + [bad for number, one in enumerate(value) for bad in rule(f"{where}[{number}]", one)]

    return check


def _shape(required: dict[str, Rule], optional: dict[str, Rule]) -> Rule:
    """An object with these fields and no others, `type` apart."""
    fields = {**required, **optional}

    def check(where: str, value: Any) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        found = [f"{where}: unknown {name}" for name in sorted(set(value) - set(fields) - {"type"})]
        found += [f"{where}: {name} is missing" for name in required if name not in value]
        known = (name for name in value if name in fields)
        return found + [bad for name in known for bad in fields[name](f"{where}.{name}", value[name])]

    return check


def _element(*kinds: str) -> Rule:
    """An element of one of these kinds."""

    def check(where: str, value: Any) -> list[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in kinds:
            return [f"{where} is {kind!r}, which does not go there"]
        found = _ELEMENTS[kind](where, value)
        chosen = [*value.get("initial_options", []), *filter(None, [value.get("initial_option")])]
        if "options" in value and any(one not in value["options"] for one in chosen):
            found.append(f"{where}: the initial option is none of the options")
        return found

    return check


# --- elements ------------------------------------------------------------------------------------

_FLAG = _of(bool)
_ANY_TEXT = ("plain_text", "mrkdwn")
_CONFIRM = _shape(
    {"title": _text(100), "text": _text(300, *_ANY_TEXT), "confirm": _text(30), "deny": _text(30)},
    {"style": _one_of("primary", "danger")},
)
_OPTION = _shape(
    {"text": _text(75, *_ANY_TEXT), "value": _string(150)},
    {"description": _text(75, *_ANY_TEXT), "url": _string(3000)},
)
_GROUP = _shape({"label": _text(75), "options": _items(_OPTION, 100)}, {})
_FEEDBACK = _shape({"text": _text(75), "value": _string(2000)}, {"accessibility_label": _string(75)})
_ACTING: dict[str, Rule] = {"action_id": _string(255), "confirm": _CONFIRM, "focus_on_load": _FLAG}
_ASKING: dict[str, Rule] = {**_ACTING, "placeholder": _text(150)}
_MULTI: dict[str, Rule] = {**_ASKING, "max_selected_items": _of(int)}
_WRITING: dict[str, Rule] = {
    **{name: rule for name, rule in _ASKING.items() if name != "confirm"},
    "initial_value": _string(3000, 0),
    "multiline": _FLAG,
    "min_length": _of(int),
    "max_length": _of(int),
    "dispatch_action_config": _of(dict),
}
_PLACES: dict[str, Rule] = {"default_to_current_conversation": _FLAG, "filter": _of(dict)}
_URL_RESPONSE: dict[str, Rule] = {"response_url_enabled": _FLAG}


def _choice(asking: dict[str, Rule], initial: str) -> Rule:
    options: dict[str, Rule] = {"options": _items(_OPTION, 100), "option_groups": _items(_GROUP, 100)}
    return _shape({}, {**asking, **options, initial: _of(dict, list)})


def _ticks(initial: str) -> Rule:
    return _shape({"options": _items(_OPTION, 10)}, {**_ACTING, initial: _of(dict, list)})


_ELEMENTS: dict[str, Rule] = {
    "button": _shape(
        {"text": _text(75)},
        {
            **{name: rule for name, rule in _ACTING.items() if name != "focus_on_load"},
            "value": _string(2000),
            "url": _string(3000),
            "style": _one_of("primary", "danger"),
            "accessibility_label": _string(75),
        },
    ),
    "feedback_buttons": _shape(
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": _string(255)}
    ),
    "icon_button": _shape(
        {"icon": _one_of("trash"), "text": _text(75)},
        {
            "action_id": _string(255),
            "value": _string(2000),
            "confirm": _CONFIRM,
            "accessibility_label": _string(75),
            "visible_to_user_ids": _items(_string(20), 100),
        },
    ),
    "image": _shape({"alt_text": _string(2000)}, {"image_url": _string(3000), "slack_file": _of(dict)}),
    "plain_text": _text(3000),
    "mrkdwn": _text(3000, "mrkdwn"),
    "static_select": _choice(_ASKING, "initial_option"),
    "multi_static_select": _choice(_MULTI, "initial_options"),
    "overflow": _shape({"options": _items(_OPTION, 5)}, {"action_id": _string(255), "confirm": _CONFIRM}),
    "checkboxes": _ticks("initial_options"),
    "radio_buttons": _ticks("initial_option"),
    "users_select": _shape({}, {**_ASKING, "initial_user": _string(20)}),
    "multi_users_select": _shape({}, {**_MULTI, "initial_users": _items(_string(20), 100)}),
    "channels_select": _shape({}, {**_ASKING, **_URL_RESPONSE, "initial_channel": _string(20)}),
    "multi_channels_select": _shape({}, {**_MULTI, "initial_channels": _items(_string(20), 100)}),
    "conversations_select": _shape(
        {}, {**_ASKING, **_PLACES, **_URL_RESPONSE, "initial_conversation": _string(20)}
    ),
    "multi_conversations_select": _shape(
        {}, {**_MULTI, **_PLACES, "initial_conversations": _items(_string(20), 100)}
    ),
    "datepicker": _shape({}, {**_ASKING, "initial_date": _string(10, 10)}),
    "timepicker": _shape({}, {**_ASKING, "initial_time": _string(5, 5), "timezone": _string(100)}),
    "datetimepicker": _shape({}, {**_ACTING, "initial_date_time": _of(int)}),
    "plain_text_input": _shape({}, _WRITING),
    "number_input": _shape(
        {"is_decimal_allowed": _FLAG},
        {**_WRITING, "min_value": _string(20), "max_value": _string(20)},
    ),
    "url_text_input": _shape({}, _WRITING),
    "rich_text": _shape({"elements": _of(list)}, {"block_id": _string(255)}),
    "raw_text": _shape({"text": _string(10_000)}, {}),
}

_SELECTS = tuple(kind for kind in _ELEMENTS if kind.endswith("_select"))
_PICKED = (*_SELECTS, "checkboxes", "radio_buttons", "datepicker", "timepicker")
_TYPED = ("plain_text_input", "number_input", "url_text_input")

# --- blocks and views ----------------------------------------------------------------------------

_BLOCK: dict[str, Rule] = {"block_id": _string(255)}
_BLOCKS: dict[str, Rule] = {
    "section": _shape(
        {},
        {
            **_BLOCK,
            "text": _text(3000, *_ANY_TEXT),
            "fields": _items(_text(2000, *_ANY_TEXT), 10),
            "accessory": _element("button", "image", "overflow", *_PICKED),
            "expand": _FLAG,
        },
    ),
    "header": _shape({"text": _text(150)}, {**_BLOCK, "level": _of(int)}),
    "divider": _shape({}, _BLOCK),
    "context": _shape({"elements": _items(_element("image", *_ANY_TEXT), 10)}, _BLOCK),
    "actions": _shape(
        {"elements": _items(_element("button", "overflow", "datetimepicker", *_PICKED), 25)}, _BLOCK
    ),
    "context_actions": _shape({"elements": _items(_element("feedback_buttons", "icon_button"), 5)}, _BLOCK),
    "image": _shape(
        {"alt_text": _string(2000)},
        {**_BLOCK, "image_url": _string(3000), "slack_file": _of(dict), "title": _text(2000)},
    ),
    "markdown": _shape({"text": _string(MAX_MARKDOWN)}, _BLOCK),
    "table": _shape(
        {"rows": _items(_items(_element("raw_text", "rich_text"), 20), 100)},
        {**_BLOCK, "column_settings": _items(_of(dict, type(None)), 20)},
    ),
    "rich_text": _shape({"elements": _of(list)}, _BLOCK),
    "input": _shape(
        {"label": _text(2000), "element": _element("datetimepicker", *_TYPED, *_PICKED)},
        {**_BLOCK, "hint": _text(2000), "optional": _FLAG, "dispatch_action": _FLAG},
    ),
}

_VIEW: dict[str, Rule] = {
    "private_metadata": _string(3000, 0),
    "callback_id": _string(255, 0),
    "external_id": _string(255, 0),
}
_VIEWS = {
    "home": _shape({"blocks": _of(list)}, _VIEW),
    "modal": _shape(
        {"title": _text(24), "blocks": _of(list)},
        {
            **_VIEW,
            "submit": _text(24),
            "close": _text(24),
            "clear_on_close": _FLAG,
            "notify_on_close": _FLAG,
            "submit_disabled": _FLAG,
        },
    ),
}


def _block(number: int, block: dict[str, Any], surface: str) -> list[str]:
    kind = block.get("type")
    where = f"blocks[{number}] ({kind})"
    if kind not in _BLOCKS:
        return [f"{where}: no such block"]
    found = _BLOCKS[kind](where, block)
    if (kind in MESSAGE_ONLY and surface != "message") or (kind == "input" and surface == "message"):
        found.append(f"{where} does not go into a {surface}")
    if kind == "section" and "text" not in block and "fields" not in block:
        found.append(f"{where}: neither text nor fields")
    acting = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
    return found + _twice("action_id", [one for one in acting if isinstance(one, dict)])


def _twice(name: str, objects: list[dict[str, Any]]) -> list[str]:
    ids = Counter(one[name] for one in objects if isinstance(one.get(name), str))
    return [f"{name} {value!r} stands twice" for value, times in ids.items() if times > 1]
