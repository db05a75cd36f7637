"""Methods that write: messages, ephemeral ones, reactions, and what stands above an assistant's thread."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.integration.slack.fake_calls import Method, RefusalError, own_place
from tests.integration.slack.fake_state import Payload, Place, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack
    from tests.integration.slack.fake_streams import Streams

_KEPT = ("text", "thread_ts", "metadata", "blocks", "attachments")
_CHANGED = ("text", "metadata", "blocks", "attachments")


class ChatMethods:
    """A message that is still streamed cannot be edited: `streams` knows."""

    def __init__(self, slack: FakeSlack, streams: Streams) -> None:
        self._slack = slack
        self._streams = streams
        self.methods: dict[str, Method] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.getPermalink": self._permalink,
            "assistant.threads.setStatus": self._status,
            "assistant.threads.setSuggestedPrompts": self._prompts,
            "assistant.threads.setTitle": self._title,
            "reactions.add": self._react,
            "reactions.remove": self._take_back,
            "reactions.get": self._reactions,
        }

    # --- messages ----------------------------------------------------------------------------

    def _post(self, args: Payload, workspace: Workspace) -> Payload:
        channel = args.get("channel", "")
        if channel in self._slack.users:
            channel = self._slack.open_dm(channel, team=workspace.team_id).id
        place = own_place(self._slack, workspace, channel, writes=True)
        broadcast = {"subtype": "thread_broadcast"} if args.get("reply_broadcast") else {}
        message = {
            **new_message(self._slack.new_ts(), workspace),
            **broadcast,
            **_content(args, _KEPT),
        }
        self._slack.add(place, message)
        return {"channel": place.id, "ts": message["ts"], "message": message}

    def _update(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"), writes=True)
        message = _message(place, args.get("ts"))
        if message["user"] != workspace.bot_user:
            raise RefusalError("cant_update_message")
        if self._streams.is_live(message["ts"]):
            raise RefusalError("streaming_state_conflict")
        changed = {**message, **_content(args, _CHANGED)}
        if "file_ids" in args:
            changed["files"] = self._slack.web.files.of(args["file_ids"])
        self._slack.change(place, changed)
        return {"channel": place.id, "ts": message["ts"], "text": changed["text"], "message": changed}

    def _delete(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"))
        message = _message(place, args.get("ts"))
        if message["user"] != workspace.bot_user:
            raise RefusalError("cant_delete_message")
        self._slack.delete(message["ts"])
        return {"channel": place.id, "ts": message["ts"]}

    def _post_ephemeral(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"), writes=True)
        if args.get("user") not in place.members:
            raise RefusalError("user_not_in_channel")
        ts = self._slack.new_ts()
        self._slack.ephemeral.append({**args, **_content(args, _KEPT), "message_ts": ts})
        return {"message_ts": ts}

    def _permalink(self, args: Payload, workspace: Workspace) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"))
        message = _message(place, args.get("message_ts"))
        address = f"{workspace.url}archives/{place.id}/p{message['ts'].replace('.', '')}"
        thread = message.get("thread_ts", message["ts"])
        about = f"?thread_ts={thread}&cid={place.id}" if thread != message["ts"] else ""
        return {"channel": place.id, "permalink": address + about}

    # --- an assistant's thread ---------------------------------------------------------------

    def _status(self, args: Payload, workspace: Workspace) -> Payload:
        own_place(self._slack, workspace, args.get("channel_id"))
        self._slack.statuses.append(args)
        return {}

    def _prompts(self, args: Payload, workspace: Workspace) -> Payload:
        _pane(own_place(self._slack, workspace, args.get("channel_id")))
        self._slack.prompts.append(args)
        return {}

    def _title(self, args: Payload, workspace: Workspace) -> Payload:
        _pane(own_place(self._slack, workspace, args.get("channel_id")))
        self._slack.titles.append(args)
        return {}

    # --- reactions ---------------------------------------------------------------------------

    def _react(self, args: Payload, workspace: Workspace) -> Payload:
        message = self._reacted(args, workspace, writes=True)
        name = str(args.get("name", ""))
        if not re.fullmatch(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?", name):
            raise RefusalError("invalid_name")
        if workspace.bot_user in _people(message, name):
            raise RefusalError("already_reacted")
        self._slack.react(message["ts"], name, workspace.bot_user)
        return {}

    def _take_back(self, args: Payload, workspace: Workspace) -> Payload:
        message = self._reacted(args, workspace)
        name = str(args.get("name", ""))
        if workspace.bot_user not in _people(message, name):
            raise RefusalError("no_reaction")
        left = {one["name"]: _people(message, one["name"]) for one in message["reactions"]}
        left[name] = [user for user in left[name] if user != workspace.bot_user]
        reactions = [{"name": n, "users": users, "count": len(users)} for n, users in left.items() if users]
        place = self._slack.places[args["channel"]]
        place.messages[message["ts"]] = {**message, "reactions": reactions}
        return {}

    def _reactions(self, args: Payload, workspace: Workspace) -> Payload:
        message = self._reacted(args, workspace)
        return {"type": "message", "channel": args["channel"], "message": message}

    def _reacted(self, args: Payload, workspace: Workspace, *, writes: bool = False) -> Payload:
        place = own_place(self._slack, workspace, args.get("channel"), writes=writes)
        return _message(place, args.get("timestamp"))


def new_message(ts: str, workspace: Workspace) -> Payload:
    """A message of the bot's, without its words."""
    return {
        "type": "message",
        "user": workspace.bot_user,
        "bot_id": workspace.bot_id,
        "team": workspace.team_id,
        "ts": ts,
    }


def with_ids(blocks: list[Payload]) -> list[Payload]:
    """Blocks as Slack keeps them: what can be used has an id, made up where the bot gave none."""
    return [_with_id(block, f"b{number}") for number, block in enumerate(blocks)]


def _with_id(block: Payload, made_up: str) -> Payload:
    holders = [name for name in ("accessory", "element") if name in block]
    if not holders and block["type"] not in ("actions", "context_actions"):
        return block
    named = {"block_id": made_up, **block}
    for name in holders:
        named[name] = _with_action(block[name], made_up)
    if "elements" in block:
        named["elements"] = [
            _with_action(one, f"{made_up}.{number}") for number, one in enumerate(block["elements"])
        ]
    return named


def _with_action(element: Payload, made_up: str) -> Payload:
    return element if element["type"] == "image" else {"action_id": made_up, **element}


def _content(args: Payload, names: tuple[str, ...]) -> Payload:
    """What a message takes over from the arguments; `text` is what people read, in whatever it was sent."""
    content: Payload = {name: args[name] for name in names if name in args}
    if content.get("blocks"):
        content["blocks"] = with_ids(content["blocks"])
    if args.get("markdown_text"):
        content["text"] = args["markdown_text"]
    return content


def _message(place: Place, ts: object) -> Payload:
    message = place.messages.get(str(ts))
    if message is None or message.get("subtype") == "tombstone":
        raise RefusalError("message_not_found")
    return message


def _pane(place: Place) -> None:
    if place.kind != "im":
        raise RefusalError("channel_type_not_supported")


def _people(message: Payload, name: str) -> list[str]:
    reactions = message.get("reactions", [])
    return next((list(one["users"]) for one in reactions if one["name"] == name), [])
