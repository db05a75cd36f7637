"""Checks requests against Discord's own OpenAPI document, as far as it goes."""

from __future__ import annotations

import json
import lzma
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).parents[2] / "data" / "discord" / "openapi.json.xz"
URI = "urn:discord:api"

# discord.py 2.7 sends it with every edit, though the document has no such field there.
KNOWN_NOISE = {("PATCH", "/channels/{channel_id}/messages/{message_id}"): {"tts"}}


class Contract:
    """Discord's document, ready to judge requests."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = json.loads(lzma.decompress(DOCUMENT.read_bytes()))
        # Discord says that ids may be sent as integers, though typed as strings.
        schemas = self._document["components"]["schemas"]
        schemas["SnowflakeType"] = {"anyOf": [schemas["SnowflakeType"], {"type": "integer", "minimum": 0}]}
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(URI, resource)
        self._templates = sorted(self._document["paths"], key=lambda path: path.count("{"))
        self._patterns = {path: _pattern(path) for path in self._templates}
        self._validators: dict[str, Draft202012Validator] = {}

    def problems(self, method: str, path: str, query: dict[str, str], body: object) -> list[str]:
        """What is wrong with a request, one line each. `path` begins after `/api/v10`; None is no body."""
        template = next((name for name in self._templates if self._patterns[name].fullmatch(path)), None)
        operation = self._document["paths"].get(template, {}).get(method.lower())
        if template is None or operation is None:
            return [f"{method} {path}: no such operation"]
        where = f"{method} {template}"
        known = {parameter["name"] for parameter in operation.get("parameters", ())}
        found = [f"{where}: unknown query parameter {name}" for name in sorted(set(query) - known)]
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return found + ([f"{where}: takes no body"] if body is not None else [])
        if body is None:
            is_required = operation["requestBody"].get("required", False)
            return found + ([f"{where}: the body is missing"] if is_required else [])
        validator = self._validator(f"#/paths/{_escaped(template)}/{method.lower()}/requestBody/content")
        found += [f"{where}: {error.json_path}: {error.message}" for error in validator.iter_errors(body)]
        return found + self._unknown_fields(method, template, content["application/json"]["schema"], body)

    def _validator(self, pointer: str) -> Draft202012Validator:
        if pointer not in self._validators:
            reference = {"$ref": f"{URI}{pointer}/application~1json/schema"}
            self._validators[pointer] = Draft202012Validator(reference, registry=self._registry)
        return self._validators[pointer]

    def _unknown_fields(self, method: str, template: str, schema: object, body: object) -> list[str]:
        """The document forbids no extra fields; a misspelt one would go unseen."""
        entries = [entry for entry in (body if isinstance(body, list) else [body]) if isinstance(entry, dict)]
        used = {name for entry in entries for name in entry}
        extra = used - self._fields(schema) - KNOWN_NOISE.get((method, template), set())
        return [f"{method} {template}: unknown field {name}" for name in sorted(extra)]

    def _fields(self, schema: Any) -> set[str]:
        if "$ref" in schema:
            return self._fields(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        if "items" in schema:
            return self._fields(schema["items"])
        fields = set(schema.get("properties", ()))
        for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            fields |= self._fields(part)
        return fields


@cache
def contract() -> Contract:
    """The one contract of a test run; reading it takes a moment."""
    return Contract()


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)))


def _escaped(template: str) -> str:
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
