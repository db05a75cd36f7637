"""Nonces: what a post carries as metadata, by which it is known again when Slack's answer to it was lost.

Pure.
"""

from __future__ import annotations

import hashlib

from bot.conversation.reply import Reply
from bot.platforms.slack.payloads import Payload, part, text

METADATA_TYPE = "parley_reply"


def nonce_for(reply: Reply, nonce: str) -> str:
    """Unique to the questions as they read and to the part: another database's nonces must not meet ours, and
    an answer to an edited question, or made anew, is not the one before."""
    questions = "\0".join(f"{message.event_id} {message.text}" for message in reply.messages)
    told = f"{nonce}\0{reply.variation}\0{questions}".encode(errors="replace")
    return hashlib.blake2b(told, digest_size=16).hexdigest()


def metadata_for(reply: Reply, nonce: str) -> dict[str, object]:
    """The metadata of a post of a reply."""
    return {"event_type": METADATA_TYPE, "event_payload": {"nonce": nonce_for(reply, nonce)}}


def nonce_of(message: Payload) -> str:
    """The nonce that a message was posted with, "" for none."""
    metadata = part(message, "metadata")
    if text(metadata, "event_type") != METADATA_TYPE:
        return ""
    return text(part(metadata, "event_payload"), "nonce")
