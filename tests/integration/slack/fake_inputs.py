"""What Slack says of buttons, menus and fields after a person used them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.unit.platforms.slack.payloads import elements_in

Payload = dict[str, Any]
Values = dict[str, dict[str, Payload]]
"""The state of a view: by block, then by action."""

_KEYS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
_STATELESS = ("button", "icon_button", "feedback_buttons", "overflow", "workflow_button")


def elements_of(payload: Payload) -> Iterator[tuple[Payload, Payload]]:
    """The interactive elements of a message or a view, each with its block (and that with a block_id)."""
    for number, block in enumerate(payload.get("blocks", [])):
        named = {"block_id": f"b{number}", **block}
        yield from ((named, element) for element in elements_in(block))


def used(element: Payload, value: Any) -> Payload:
    """The element as Slack reports it after use. `value` is what was typed or chosen (a list where several
    may be); without one a button's own, or the first of two feedback buttons."""
    if element["type"] == "feedback_buttons":
        return _feedback(element, value)
    if element["type"] in ("button", "icon_button"):
        named = {name: element[name] for name in ("type", "text", "value") if name in element}
        return named | ({"value": value} if value is not None else {})
    return state_of(element, value)


def state_of(element: Payload, value: Any) -> Payload:
    """The state of a field in which a person chose or typed `value`; what is a state already stays one."""
    if isinstance(value, dict):
        return value
    key = _KEYS.get(element["type"], "value")
    if key == "selected_option":
        value = _option(element, value)
    elif key == "selected_options":
        value = [_option(element, one) for one in value]
    return {"type": element["type"], key: value}


def first_states(payload: Payload) -> Values:
    """The state of all fields of a view or a message before anybody touched one."""
    states: Values = {}
    for block, element in elements_of(payload):
        if element["type"] not in _STATELESS:
            key = _KEYS.get(element["type"], "value")
            initial = element.get("initial_" + key.removeprefix("selected_"))
            if initial is None and key == "selected_options":
                initial = []
            state = {"type": element["type"], key: initial}
            states.setdefault(block["block_id"], {})[element["action_id"]] = state
    return states


def _feedback(element: Payload, value: Any) -> Payload:
    buttons = (element["positive_button"], element["negative_button"])
    chosen = next(one for one in buttons if value in (None, one["value"]))
    return {"type": "feedback_buttons", "text": chosen["text"], "value": chosen["value"]}


def _option(element: Payload, value: Any) -> Payload | None:
    """The option that has a value: nobody can choose what is not offered."""
    groups = [element, *element.get("option_groups", [])]
    options = [option for group in groups for option in group.get("options", [])]
    return None if value is None else next(one for one in options if one["value"] == value)
