"""Checks calls against Slack's own list of methods and their arguments, and what must never be sent."""

from __future__ import annotations

import json
import lzma
import re
from functools import cache
from typing import Any

from tests.integration.slack.fake_blocks import block_problems, view_problems
from tests.integration.slack.fake_texts import active_problems, angled, control_sequences, mrkdwn_actives
from tests.unit.platforms.slack.samples import DATA

MAX_TEXT = 4000
MAX_MARKDOWN = 12_000
MAX_PROMPTS = 4

_CHUNKS = {"markdown_text", "task_update", "plan_update", "blocks"}
_HELD = {"array", "object"}
_ERRORS = {
    r"no such method": "unknown_method",
    r"^views\.|prompt": "invalid_arguments",
    r"msg_too_long": "msg_too_long",
    r"invalid_chunks": "invalid_chunks",
    r"blocks|_id .* stands twice|more than one table|a view of type": "invalid_blocks",
    r" is missing$| is .*, not \[": "invalid_arguments",
    r"markdown_text_conflict": "markdown_text_conflict",
    r"no text": "no_text",
}
"""What marks a problem for which Slack refuses a call, and its word for that."""

_RESPONSE_FIELDS = {
    *("text", "blocks", "response_type", "replace_original", "delete_original", "metadata", "thread_ts"),
}


@cache
def catalogue() -> dict[str, Any]:
    """Every method with its arguments."""
    methods: dict[str, Any] = json.loads(lzma.decompress((DATA / "web_api_methods.json.xz").read_bytes()))
    return methods


def problems(method: str, args: dict[str, Any], *, is_json: bool) -> list[str]:
    """What is wrong with a call, one line each."""
    if method not in catalogue():
        return [f"{method}: no such method"]
    known = catalogue()[method]["args"]
    found = [f"{method}: unknown argument {name}" for name in sorted(set(args) - set(known))]
    found += [
        f"{method}: {name} is missing" for name in known if known[name]["required"] and name not in args
    ]
    found += [
        f"{method}: {name} is {value!r:.40}, not {known[name]['types']}"
        for name, value in args.items()
        if name in known and not any(_fits(value, kind, is_json) for kind in known[name]["types"])
    ]
    found += [f"{method}: {problem}" for problem in _content_problems(method, args)]
    if method == "chat.postMessage" and (args.get("unfurl_links"), args.get("unfurl_media")) != (
        False,
        False,
    ):
        found.append(f"{method}: links would be previewed")
    return found


def error_of(found: list[str]) -> str:
    """What Slack answers to a call with these problems; empty where it takes the call all the same."""
    refused = [problem for problem in found if ": active " not in problem]
    for sign, error in _ERRORS.items():
        if any(re.search(sign, problem) for problem in refused):
            return error
    return ""


def decoded(method: str, args: dict[str, Any]) -> dict[str, Any]:
    """A form's fields, with lists and objects taken out of their JSON."""
    known = catalogue().get(method, {"args": {}})["args"]
    return {
        name: _of_json(value) if name in known and _HELD & set(known[name]["types"]) else value
        for name, value in args.items()
    }


def response_problems(body: dict[str, Any]) -> list[str]:
    """What is wrong with a message to a response_url."""
    found = [f"response_url: unknown field {name}" for name in sorted(set(body) - _RESPONSE_FIELDS)]
    if body.get("response_type", "ephemeral") != "ephemeral":
        found.append("response_url: everybody would see it")
    if set(body) <= {"delete_original", "response_type"}:
        return found
    return found + [f"response_url: {problem}" for problem in message_problems(body)]


def message_problems(args: dict[str, Any]) -> list[str]:
    """What is wrong with a message: empty, too long, or with something in it that calls people."""
    text, markdown = args.get("text", ""), args.get("markdown_text", "")
    found = [f"active {inside!r}" for inside in mrkdwn_actives(text)]
    found += markdown_problems(markdown) if markdown else []
    if not text.strip() and not markdown.strip():
        found.append("no text")
    if markdown and (text or args.get("blocks")):
        found.append("markdown_text_conflict")
    if len(text) > MAX_TEXT:
        found.append(f"msg_too_long: {len(text)} characters")
    if args.get("link_names") not in (None, False, "0", "false") or args.get("parse") == "full":
        found.append("names would become mentions")
    return found + block_problems(args.get("blocks") or [], "message")


def markdown_problems(markdown: str) -> list[str]:
    """What is wrong with a piece of Markdown in a message or a stream."""
    found = [f"active {inside!r}" for inside in control_sequences(markdown)]
    if len(markdown) > MAX_MARKDOWN:
        found.append(f"msg_too_long: {len(markdown)} characters of Markdown")
    return found


def actives(mrkdwn: str) -> list[str]:
    """What stands in angle brackets: mentions, control sequences, links."""
    return angled(mrkdwn)


def _content_problems(method: str, args: dict[str, Any]) -> list[str]:
    """What is wrong with what people would see."""
    if method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
        return message_problems(args)
    if method in ("chat.startStream", "chat.appendStream", "chat.stopStream"):
        found = block_problems(args.get("blocks") or [], "message")
        return found + markdown_problems(args.get("markdown_text", "")) + _chunk_problems(args.get("chunks"))
    if method.startswith("views."):
        return view_problems(args.get("view"))
    if method == "assistant.threads.setSuggestedPrompts":
        return _prompt_problems(args.get("prompts")) + active_problems(args)
    return active_problems(args)


def _chunk_problems(chunks: Any) -> list[str]:
    """What is wrong with the pieces of a stream that are more than Markdown."""
    found = active_problems(chunks)
    for chunk in chunks or []:
        if chunk.get("type") not in _CHUNKS:
            found.append(f"invalid_chunks: {chunk.get('type')!r}")
        if len(str(chunk.get("text", ""))) > MAX_MARKDOWN:
            found.append("msg_too_long: a chunk")
    return found


def _prompt_problems(prompts: Any) -> list[str]:
    is_right = isinstance(prompts, list) and all(
        isinstance(prompt, dict) and set(prompt) == {"title", "message"} and all(prompt.values())
        for prompt in prompts
    )
    if not is_right:
        return ["a prompt without title or message"]
    return ["more than four prompts"] if len(prompts) > MAX_PROMPTS else []


def _fits(value: Any, kind: str, is_json: bool) -> bool:
    if kind.startswith("enum:"):
        return bool(value == kind.removeprefix("enum:"))
    if not is_json and kind not in _HELD:
        patterns = {"string": r"(?s).*", "number": r"\d+", "boolean": r"0|1|true|false"}
        return re.fullmatch(patterns[kind], str(value)) is not None
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    types = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, types[kind])


def _of_json(value: str) -> Any:
    """What a form's field holds; itself where that is no JSON."""
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
