"""What people do in the fake Slack with words: they write, edit, react, share, and open the bot's places."""

from __future__ import annotations

from typing import Any

from tests.integration.slack.fake_places import Places
from tests.integration.slack.fake_state import ANN, Payload, Place


class People(Places):
    """What people do, but for commands, buttons and forms."""

    def say(
        self,
        text: str,
        author: str = ANN,
        place: Place | None = None,
        *,
        calls: bool = False,
        thread: str | None = None,
        files: list[Payload] | None = None,
        **more: Any,
    ) -> str:
        """A person writes; `calls` puts a mention of the bot before it, `files` come with it, and `more` are
        further fields of the message (`subtype`, `blocks`, `attachments`). Returns the message's `ts`."""
        place = place or self.general
        call = f"<@{self.workspace_of(place).bot_user}>"
        message = {
            "client_msg_id": f"m-{next(self._numbers)}",
            "type": "message",
            "text": f"{call} {text}" if calls else text,
            "user": author,
            "team": place.team,
            "ts": self.new_ts(),
            **self._origin(author),
            **({"thread_ts": thread} if thread else {}),
            **({"files": files, "subtype": "file_share", "upload": False} if files else {}),
            **more,
        }
        if place.kind != "im":
            place.members.add(author)
        ts = self.add(place, message)
        if call in message["text"] and place.kind != "im" and self.hears(place):
            self.dispatch(place, {**place.messages[ts], "type": "app_mention"})
        return ts

    def edit(self, ts: str, text: str) -> None:
        """A person changes the words of a message; a mention before them stays."""
        place = self.place_of(ts)
        old = place.messages[ts]
        bot = f"<@{self.workspace_of(place).bot_user}>"
        call = f"{bot} " if old["text"].startswith(bot) else ""
        edited = {"user": old["user"], "ts": self.new_ts()}
        self.change(place, {**old, "text": call + text, "edited": edited})

    def share(self, ts: str, author: str = ANN, place: Place | None = None, text: str = "") -> str:
        """A person shares a message, with words of their own, into another place. Returns the new `ts`."""
        source = self.place_of(ts)
        shared = source.messages[ts]
        address = f"{self.workspace_of(source).url}archives/{source.id}/p{ts.replace('.', '')}"
        name = self.users.get(shared["user"], shared["user"])
        attachment = {
            "is_msg_unfurl": True,
            "is_share": True,
            "from_url": address,
            "original_url": address,
            "text": shared["text"],
            "fallback": f"{name}: {shared['text']}",
            "author_id": shared["user"],
            "author_name": name,
            "author_subname": name,
            "channel_id": source.id,
            "channel_team": source.team,
            "ts": ts,
            "id": 1,
            "footer": "Slack Conversation",
            "mrkdwn_in": ["text"],
            **({"private_channel_prompt": True} if source.is_private else {}),
            **({"files": shared["files"]} if "files" in shared else {}),
        }
        return self.say(text, author, place, attachments=[attachment])

    def react(self, ts: str, emoji_name: str, author: str = ANN) -> None:
        """A person reacts to a message, with an emoji's name such as "flag-es" or "fr"."""
        place = self.place_of(ts)
        message = place.messages[ts]
        reactions = {one["name"]: one["users"] for one in message.get("reactions", [])}
        reactions[emoji_name] = [*reactions.get(emoji_name, []), author]
        listed = [{"name": name, "users": users, "count": len(users)} for name, users in reactions.items()]
        place.messages[ts] = {**message, "reactions": listed}
        if self.hears(place):
            about = {"item": {"type": "message", "channel": place.id, "ts": ts}, "item_user": message["user"]}
            event = {"type": "reaction_added", "user": author, "reaction": emoji_name, **about}
            self.tell({**event, "event_ts": self.new_ts()}, place)

    # --- the bot's own places ------------------------------------------------------------------

    def dm_of(self, author: str = ANN) -> Place:
        """Where a person talks to the bot alone."""
        own = (one for one in self.places.values() if one.kind == "im" and author in one.members)
        return next((one for one in own if self.hears(one)), None) or self.open_dm(author)

    def open_home(self, author: str = ANN, tab: str = "home", context_channel: Place | None = None) -> None:
        """A person looks at the app: its home tab or its messages, with a channel open beside it."""
        view = {"view": self.homes[author]} if author in self.homes and tab == "home" else {}
        context = {"context": _entities(context_channel)} if tab == "messages" else {}
        self._tell_of_app("app_home_opened", author, {"tab": tab, **view, **context})

    def home(self, author: str = ANN) -> Payload | None:
        """What the bot published for a person."""
        return self.homes.get(author)

    def open_pane(self, author: str = ANN, *, context_channel: Place | None = None) -> str:
        """A person begins a conversation beside a channel, in the older assistant's view. Returns the `ts`
        of its thread."""
        place = self.pane if author in self.pane.members else self.dm_of(author)
        ts, title = self.new_ts(), "New chat"
        thread = {"thread_ts": ts, "subtype": "assistant_app_thread", "user": author, "team": place.team}
        about = {"assistant_app_thread": {"title": title, "title_blocks": [], "artifacts": []}}
        place.messages[ts] = {"type": "message", "text": title, "ts": ts, **thread, **about}
        self._tell_of_pane("started", author, place, ts, context_channel)
        return ts

    def change_context(
        self, context_channel: Place | None, author: str = ANN, *, thread: str | None = None
    ) -> None:
        """A person opens another channel beside the bot, by an assistant's `thread` or the agent's view."""
        if thread is not None:
            self._tell_of_pane("context_changed", author, self.place_of(thread), thread, context_channel)
            return
        self._tell_of_app("app_context_changed", author, {"context": _entities(context_channel)})

    def _tell_of_app(self, kind: str, author: str, about: Payload) -> None:
        place = self.dm_of(author)
        event = {"type": kind, "user": author, "channel": place.id, "event_ts": self.new_ts()}
        self.tell({**event, **about}, place)

    def _tell_of_pane(
        self, what: str, author: str, place: Place, thread: str, context_channel: Place | None
    ) -> None:
        context: Payload = {}
        if context_channel is not None:
            enterprise_id = self.workspace_of(context_channel).enterprise_id
            team = {"team_id": context_channel.team, "enterprise_id": enterprise_id}
            context = {"channel_id": context_channel.id, **team}
        about = {"user_id": author, "context": context, "channel_id": place.id, "thread_ts": thread}
        event = {"type": f"assistant_thread_{what}", "assistant_thread": about}
        self.tell({**event, "event_ts": self.new_ts()}, place)

    def _origin(self, author: str) -> Payload:
        """What is said of an author who is from another company, or another bot."""
        team = self.foreigners.get(author)
        bot = {"bot_id": f"B{author}", "bot_profile": {"id": f"B{author}", "name": self.bots.get(author)}}
        return {
            **({"team": team, "user_team": team, "source_team": team} if team else {}),
            **(bot if author in self.bots else {}),
        }


def _entities(channel: Place | None) -> Payload:
    """What a person is looking at, as the agent's view has it."""
    if channel is None:
        return {}
    return {
        "entities": [{"type": "slack#/types/channel_id", "value": channel.id, "team_id": channel.team}],
    }
