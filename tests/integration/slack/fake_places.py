"""The fake Slack's workspaces and channels: they open, change and close, and people come and go."""

from __future__ import annotations

from tests.integration.slack.fake_messages import Messages
from tests.integration.slack.fake_state import ANN, BEN, TEAM, Kind, Payload, Place, Workspace


class Places(Messages):
    """Where people are."""

    def add_workspace(self, team_id: str, token: str, *, enterprise_id: str | None = None) -> Workspace:
        """Another workspace that has the app, with a bot user of its own."""
        bot_user = f"UBOT{team_id}"
        workspace = Workspace(team_id, token, bot_user, f"BBOT{team_id}", enterprise_id, team_id.lower())
        self.workspaces[team_id] = workspace
        self.bots[bot_user] = "parley"
        return workspace

    def uninstall(self, team_id: str = TEAM) -> None:
        """A workspace throws the app out."""
        self.revoke_tokens(team_id)
        self.workspaces[team_id].error = "account_inactive"
        self.tell({"type": "app_uninstalled"}, team=team_id)

    def revoke_tokens(self, team_id: str = TEAM) -> None:
        """A workspace's token is worth nothing any more."""
        workspace = self.workspaces[team_id]
        workspace.error = "token_revoked"
        tokens = {"oauth": [], "bot": [workspace.bot_user]}
        self.tell({"type": "tokens_revoked", "tokens": tokens}, team=team_id)

    def open_channel(
        self,
        name: str,
        *,
        private: bool = False,
        members: tuple[str, ...] = (ANN, BEN),
        with_bot: bool = True,
        ext_shared: bool = False,
        team: str = TEAM,
    ) -> Place:
        """A channel that was there already: no events."""
        bot = {self.workspaces[team].bot_user} if with_bot else set()
        place = Place(
            f"C{next(self._numbers):04d}{name.upper().replace('-', '')}",
            "group" if private else "channel",
            name=name,
            is_private=private,
            members={*members, *bot},
            is_ext_shared=ext_shared,
            team=team,
        )
        return self.places.setdefault(place.id, place)

    def open_dm(self, *people: str, team: str = TEAM, with_bot: bool = True) -> Place:
        """A direct conversation of people, with the bot or not; the one that is there, if any."""
        members = {*people, *({self.workspaces[team].bot_user} if with_bot else ())}
        kind: Kind = "im" if len(members) == 2 else "mpim"
        for place in self.places.values():
            if (place.kind, place.members, place.team) == (kind, members, team):
                return place
        place_id = f"{'D' if kind == 'im' else 'G'}{next(self._numbers):04d}DM"
        place = Place(place_id, kind, is_private=True, members=members, team=team)
        self.places[place.id] = place
        return place

    def join(self, place: Place, user: str, inviter: str | None = None) -> None:
        """A person, or the bot, comes into a channel."""
        place.members.add(user)
        about = {"inviter": inviter} if inviter else {}
        self._tell_of_member("member_joined_channel", place, user, **about)
        self._notice(place, "channel_join", user, f"<@{user}> has joined the channel")

    def leave(self, place: Place, user: str) -> None:
        """A person leaves a channel, or is removed. Of its own leaving the bot hears, and then no more."""
        self._notice(place, "channel_leave", user, f"<@{user}> has left the channel")
        self._tell_of_member("member_left_channel", place, user)
        if user == self.workspace_of(place).bot_user:
            self._tell_of_place("left", place, place.id, actor_id=ANN)
        place.members.discard(user)

    def archive(self, place: Place, author: str = ANN) -> None:
        """A channel is archived: it can be read, but nothing can be written."""
        self._notice(place, "channel_archive", author, f"<@{author}> archived the channel")
        self._tell_of_place("archive", place, place.id, user=author)
        place.is_archived = True

    def delete_channel(self, place: Place, author: str = ANN) -> None:
        """A channel is gone with all that was in it."""
        self._tell_of_place("deleted", place, place.id, actor_id=author)
        del self.places[place.id]

    def rename(self, place: Place, name: str, author: str = ANN) -> None:
        """A channel is called otherwise."""
        words = f'<@{author}> has renamed the channel from "{place.name}" to "{name}"'
        self._notice(place, "channel_name", author, words, old_name=place.name, name=name)
        place.name = name
        about = {"id": place.id, "name": name, "name_normalized": name, "created": 1700000000}
        self._tell_of_place("rename", place, about)

    def _tell_of_member(self, kind: str, place: Place, user: str, **more: str) -> None:
        if self.hears(place):
            letter = "C" if place.kind == "channel" else "G"
            about = {"user": user, "channel": place.id, "channel_type": letter, "team": place.team, **more}
            self.tell({"type": kind, **about, "event_ts": self.new_ts()}, place)

    def _tell_of_place(self, what: str, place: Place, channel: str | Payload, **more: str) -> None:
        if self.hears(place):
            kind = f"{'channel' if place.kind == 'channel' else 'group'}_{what}"
            self.tell({"type": kind, "channel": channel, **more, "event_ts": self.new_ts()}, place)

    def _notice(self, place: Place, subtype: str, user: str, text: str, **more: str) -> None:
        """A line of Slack's own among the messages."""
        notice = {"type": "message", "subtype": subtype, "user": user, "text": text, "ts": self.new_ts()}
        self.add(place, {**notice, **more})
