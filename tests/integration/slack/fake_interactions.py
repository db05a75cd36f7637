"""What people do in the fake Slack with commands, buttons, shortcuts and forms, and what they are shown.

https://docs.slack.dev/reference/interaction-payloads and .../interactivity/implementing-slash-commands.
"""

from __future__ import annotations

from typing import Any

from tests.integration.slack import contract
from tests.integration.slack.fake_blocks import view_problems
from tests.integration.slack.fake_inputs import Values, elements_of, first_states, state_of, used
from tests.integration.slack.fake_places import Places
from tests.integration.slack.fake_state import ANN, APP, TEAM, Command, Given, Interaction, Payload, Place


class Interactions(Places):
    """What people give the bot besides messages."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: dict[str, Command] = {}
        self.closed_views: set[str] = set()
        self._states: dict[str, Values] = {}

    def command(self, command: str, text: str = "", author: str = ANN, place: Place | None = None) -> Command:
        """A person gives a slash command: in a channel, for there are none in threads."""
        place = place or self.general
        workspace = self.workspace_of(place)
        enterprise = {"enterprise_id": workspace.enterprise_id, "enterprise_name": "Organisation"}
        number = str(next(self._numbers))
        payload: Payload = {
            "token": "verification-token",
            "team_id": workspace.team_id,
            "team_domain": workspace.domain,
            **(enterprise if workspace.enterprise_id else {}),
            "channel_id": place.id,
            "channel_name": place.shown_name,
            "user_id": author,
            "user_name": self._user_name(author),
            "command": command,
            "text": text,
            "api_app_id": APP,
            "is_enterprise_install": str(workspace.is_enterprise_install).lower(),
            "response_url": f"http://{self.address}/commands/{workspace.team_id}/{number}",
            "trigger_id": f"{number}.222.xxx",
        }
        envelope = self.door.deliver("slash_commands", payload)
        envelope.on_acknowledged = self._judge_words
        given = Command(envelope, author, place, payload["trigger_id"], self.views)
        self.given[number] = self.triggers[given.trigger_id] = self.commands[number] = given
        return given

    def press(self, post: Payload, action_id: str, author: str = ANN, value: Any = None) -> Interaction:
        """A person uses a button or a menu of a message of the bot's: one from `posts`, an ephemeral one from
        `ephemeral`, or one that a command or an interaction was `shown`."""
        place, is_ephemeral = self._where(post)
        ts = post.get("ts") or post.get("message_ts") or self.new_ts()
        thread = {"thread_ts": post["thread_ts"]} if "thread_ts" in post else {}
        where: Payload = {"type": "message", "message_ts": ts, "channel_id": place.id, **thread}
        body: Payload = {
            "type": "block_actions",
            "container": {**where, "is_ephemeral": is_ephemeral},
            **({} if is_ephemeral else {"message": post}),
            "state": {"values": first_states(post)},
            "actions": [self._action(post, action_id, value)],
        }
        given = self._interact(body, author, place, has_response_url=True)
        given.original_ts = "" if is_ephemeral else ts
        return given

    def press_in_view(
        self, view: Payload, action_id: str, author: str = ANN, value: Any = None
    ) -> Interaction:
        """A person uses a button or a menu of a view or of the bot's home."""
        view = self._current(view)
        action = self._action(view, action_id, value)
        states = self._states_of(view)
        if action_id in states.get(action["block_id"], {}):
            told = ("action_id", "block_id", "action_ts")
            states[action["block_id"]][action_id] = {k: v for k, v in action.items() if k not in told}
        body: Payload = {
            "type": "block_actions",
            "container": {"type": "view", "view_id": view["id"]},
            "view": {**view, "state": {"values": states}},
            "actions": [action],
        }
        return self._interact(body, author, None)

    def shortcut(
        self, callback_id: str, ts: str, author: str = ANN, place: Place | None = None
    ) -> Interaction:
        """A person chooses one of the bot's entries in the menu of a message; also in threads."""
        place = place or self.place_of(ts)
        about = {"callback_id": callback_id, "message_ts": ts, "message": place.messages[ts]}
        body = {"type": "message_action", "action_ts": self.new_ts(), **about}
        return self._interact(body, author, place, has_response_url=True)

    def global_shortcut(self, callback_id: str, author: str = ANN) -> Interaction:
        """A person chooses one of the bot's entries beside the message field: nowhere in particular."""
        body = {"type": "shortcut", "action_ts": self.new_ts(), "callback_id": callback_id}
        return self._interact(body, author, None)

    def submit(
        self, view: Payload, values: dict[str, dict[str, Any]] | None = None, author: str = ANN
    ) -> Interaction:
        """A person sends a form. `values` are what was chosen or typed, by block and action, plain or as
        Slack's state of the field; the others stay as they were. A required one cannot be left out."""
        view = self._current(view)
        assert view["id"] not in self.closed_views, "the view is closed"
        states = self._states_of(view)
        for block, element in elements_of(view):
            chosen = (values or {}).get(block["block_id"], {})
            if element["action_id"] in chosen:
                state = state_of(element, chosen[element["action_id"]])
                states[block["block_id"]][element["action_id"]] = state
            if block["type"] == "input" and not block.get("optional"):
                state = states[block["block_id"]][element["action_id"]]
                assert any(v for k, v in state.items() if k != "type"), f"{block['block_id']} is required"
        body = {"type": "view_submission", "view": {**view, "state": {"values": states}}, "response_urls": []}
        given = self._interact(body, author, None)
        given.envelope.on_acknowledged = lambda answer: self._submitted(view, answer)
        return given

    def dismiss(self, view: Payload, author: str = ANN) -> Interaction | None:
        """A person closes a form; the bot hears of it only if the view asked for it."""
        view = self._current(view)
        self.closed_views.add(view["id"])
        if not view.get("notify_on_close"):
            return None
        states = {"state": {"values": self._states_of(view)}}
        body = {"type": "view_closed", "view": {**view, **states}, "is_cleared": False}
        return self._interact(body, author, None)

    def answer_at(self, given: Given, body: Payload) -> None:
        """The bot sends a message to a response_url: to one person, or in place of the message pressed."""
        given.shown.append(body)
        original = given.original_ts if isinstance(given, Interaction) else ""
        if not original or given.place is None or original not in given.place.messages:
            return
        if body.get("delete_original"):
            self.delete(original)
        elif body.get("replace_original"):
            kept: Payload = {name: body[name] for name in ("text", "blocks") if name in body}
            self.change(given.place, {**given.place.messages[original], **kept})

    # --- inside ------------------------------------------------------------------------------

    def _interact(
        self, body: Payload, author: str, place: Place | None, *, has_response_url: bool = False
    ) -> Interaction:
        """Send an interaction, with what all have."""
        team = place.team if place else body.get("view", {}).get("team_id") or TEAM
        workspace = self.workspaces[team]
        number = str(next(self._numbers))
        trigger_id = f"{number}.333.yyy"
        organisation = {"id": workspace.enterprise_id, "name": "Organisation"}
        name = self._user_name(author)
        user_team = self.foreigners.get(author, workspace.team_id)
        payload = {
            "user": {"id": author, "username": name, "name": name, "team_id": user_team},
            "team": {"id": workspace.team_id, "domain": workspace.domain},
            "enterprise": organisation if workspace.enterprise_id else None,
            "is_enterprise_install": workspace.is_enterprise_install,
            "api_app_id": APP,
            "token": "verification-token",
            **({} if body["type"] == "view_closed" else {"trigger_id": trigger_id}),
            **({"channel": {"id": place.id, "name": place.shown_name}} if place else {}),
            **body,
        }
        if has_response_url:
            payload["response_url"] = f"http://{self.address}/commands/{workspace.team_id}/{number}"
        envelope = self.door.deliver("interactive", payload)
        given = Interaction(envelope, author, place, trigger_id, self.views)
        self.given[number] = self.triggers[trigger_id] = given
        return given

    def _action(self, payload: Payload, action_id: str, value: Any) -> Payload:
        """The use of one element of a message or a view."""
        block, element = next(
            (block, one) for block, one in elements_of(payload) if one["action_id"] == action_id
        )
        named = {"action_id": action_id, "block_id": block["block_id"]}
        return {**named, **used(element, value), "action_ts": self.new_ts()}

    def _where(self, post: Payload) -> tuple[Place, bool]:
        """Where a message of the bot's is, and whether only one person sees it."""
        for given in self.given.values():
            answers = [*given.shown, *given.envelope.acknowledgements]
            if given.place is not None and any(body is post for body in answers):
                return given.place, True
        if "channel" in post:
            return self.places[post["channel"]], True
        return self.place_of(post["ts"]), False

    def _current(self, view: Payload) -> Payload:
        """A view as it now is, for which a test may hold an older one."""
        homes = {home["id"]: home for home in self.homes.values()}
        return {**homes, **self.views}.get(view["id"], view)

    def _states_of(self, view: Payload) -> Values:
        """What stands in the fields of a view: what people did last, else what it began with."""
        before = self._states.get(view["id"], {})
        states = first_states(view)
        for block_id, fields in states.items():
            known = before.get(block_id, {})
            fields.update({name: known[name] for name in fields if name in known})
        self._states[view["id"]] = states
        return states

    def _judge_words(self, answer: Payload) -> None:
        """A command may be acknowledged without a word; with some, they are a message like others."""
        if answer:
            self.door.problems += contract.response_problems(answer)

    def _submitted(self, view: Payload, answer: Payload) -> None:
        """What becomes of a form after the bot's answer."""
        action = answer.get("response_action")
        if "view" in answer:
            self.door.problems += [f"view_submission: {one}" for one in view_problems(answer["view"])]
        if action == "errors":
            blocks = {block.get("block_id") for block in view["blocks"] if block["type"] == "input"}
            if not answer.get("errors") or set(answer["errors"]) - blocks:
                self.door.problems.append("view_submission: errors for fields that are not there")
        elif action == "update":
            self.views[view["id"]] = {**view, **answer["view"]}
        elif action == "push":
            self.views[f"{view['id']}P"] = {**view, **answer["view"], "id": f"{view['id']}P"}
        elif action in (None, "clear"):
            self.closed_views.add(view["id"])
            if answer and action is None:
                self.door.problems.append("view_submission: an answer without response_action")
        else:
            self.door.problems.append(f"view_submission: response_action {action!r}")

    def _user_name(self, author: str) -> str:
        return self.users.get(author, author).lower()
