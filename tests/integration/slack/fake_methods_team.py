"""Methods about who is who: tokens, workspaces, people; and OAuth.

https://docs.slack.dev/authentication/installing-with-oauth for the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from tests.integration.slack.fake_calls import Method, RefusalError, is_set, paged
from tests.integration.slack.fake_methods_places import described, kind_name
from tests.integration.slack.fake_state import ANN, APP, Payload, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack

CLIENT_ID, CLIENT_SECRET = "111.222", "client-secret-that-must-stay-secret"


@dataclass
class Code:
    """What a person who installs the app is sent back with. Good once."""

    workspace: Workspace
    user: str
    redirect_uri: str | None
    is_used: bool = False


class TeamMethods:
    """`codes` are those given out for OAuth; with `rotates_tokens` what they buy expires."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self.rotates_tokens = False
        self.codes: dict[str, Code] = {}
        self.methods: dict[str, Method] = {
            "auth.test": self._auth_test,
            "auth.revoke": self._revoke,
            "apps.connections.open": self._open,
            "team.info": self._team,
            "users.info": self._user,
            "users.list": self._users,
            "users.conversations": self._conversations,
            "bots.info": self._bot,
            "oauth.v2.access": self._access,
        }

    def code_for(self, team_id: str, user: str = ANN, redirect_uri: str | None = None) -> str:
        """A code, as a person gets it who installs the app in a workspace."""
        code = token_urlsafe(16)
        self.codes[code] = Code(self._slack.workspaces[team_id], user, redirect_uri)
        return code

    def _auth_test(self, args: Payload, workspace: Workspace) -> Payload:
        is_org = workspace.is_enterprise_install
        return {
            "url": workspace.url,
            "team": workspace.domain.capitalize(),
            "user": "parley",
            "team_id": workspace.enterprise_id if is_org else workspace.team_id,
            "user_id": workspace.bot_user,
            "bot_id": workspace.bot_id,
            "app_id": APP,
            "is_enterprise_install": is_org,
            **({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {}),
        }

    def _revoke(self, args: Payload, workspace: Workspace) -> Payload:
        if not is_set(args.get("test")):
            workspace.error = "token_revoked"
        return {"revoked": not is_set(args.get("test"))}

    def _open(self, args: Payload, workspace: Workspace) -> Payload:
        return {"url": f"ws://{self._slack.address}/link?ticket={self._slack.socket.ticket()}"}

    def _team(self, args: Payload, workspace: Workspace) -> Payload:
        team = self._slack.workspaces.get(args.get("team", workspace.team_id))
        if team is None:
            raise RefusalError("team_not_found")
        enterprise = {"enterprise_id": team.enterprise_id, "enterprise_name": "Organisation"}
        about = enterprise if team.enterprise_id else {}
        name = team.domain.capitalize()
        return {"team": {"id": team.team_id, "name": name, "domain": team.domain, "url": team.url, **about}}

    def _user(self, args: Payload, workspace: Workspace) -> Payload:
        user = args.get("user", "")
        name = self._slack.users.get(user) or self._slack.bots.get(user)
        if name is None:
            raise RefusalError("user_not_found")
        guest, team = self._slack.guests.get(user), self._slack.foreigners.get(user)
        is_admin = user in self._slack.admins
        about: Payload = {
            "id": user,
            "team_id": team or workspace.team_id,
            "name": name.lower(),
            "real_name": name,
            "deleted": False,
            "tz": "Europe/London",
            "tz_label": "Greenwich Mean Time",
            "tz_offset": 0,
            "profile": {"display_name": name, "real_name": name, "team": team or workspace.team_id},
            "is_bot": user in self._slack.bots and user != "USLACKBOT",
            "is_app_user": False,
            **({"is_stranger": True} if team else {}),
            **({"locale": "en-GB"} if is_set(args.get("include_locale")) else {}),
        }
        if team is None:
            rights = {"is_admin": is_admin, "is_owner": False, "is_primary_owner": False}
            about |= {**rights, "is_restricted": guest is not None, "is_ultra_restricted": guest == "single"}
        overrides = self._slack.profiles.get(user, {})
        if "locale" not in about:
            overrides = {name: value for name, value in overrides.items() if name != "locale"}
        return {"user": {**about, **overrides}}

    def _users(self, args: Payload, workspace: Workspace) -> Payload:
        """Everybody, but for people of other companies."""
        ids = [one for one in (*self._slack.users, *self._slack.bots) if one not in self._slack.foreigners]
        users = [self._user({**args, "user": one}, workspace)["user"] for one in sorted(ids)]
        return paged(users, args, "members", most=1000)

    def _conversations(self, args: Payload, workspace: Workspace) -> Payload:
        """The places of a person that the bot may know of; of the bot, where nobody is named."""
        user = args.get("user", workspace.bot_user)
        if user not in self._slack.users and user not in self._slack.bots:
            raise RefusalError("user_not_found")
        kinds = str(args.get("types") or "public_channel").split(",")
        found = [
            place
            for place in self._slack.places.values()
            if place.team == workspace.team_id
            and user in place.members
            and (place.kind == "channel" or workspace.bot_user in place.members)
            and kind_name(place) in kinds
            and not (place.is_archived and is_set(args.get("exclude_archived")))
        ]
        return paged([described(place, workspace) for place in found], args, "channels", most=999)

    def _bot(self, args: Payload, workspace: Workspace) -> Payload:
        bot = args.get("bot", workspace.bot_id)
        if bot != workspace.bot_id:
            raise RefusalError("bot_not_found")
        about = {"id": bot, "deleted": False, "name": "parley", "user_id": workspace.bot_user}
        return {"bot": {**about, "app_id": APP}}

    def _access(self, args: Payload, workspace: Workspace) -> Payload:
        if args.get("client_id") != CLIENT_ID:
            raise RefusalError("invalid_client_id")
        if args.get("client_secret") != CLIENT_SECRET:
            raise RefusalError("bad_client_secret")
        code = self.codes.get(args.get("code", ""))
        if code is None:
            raise RefusalError("invalid_code")
        if code.is_used:
            raise RefusalError("code_already_used")
        if code.redirect_uri is not None and args.get("redirect_uri") != code.redirect_uri:
            raise RefusalError("bad_redirect_uri")
        code.is_used = True
        team = code.workspace
        team.error = ""
        is_org = team.is_enterprise_install
        name = team.domain.capitalize()
        return {
            "app_id": APP,
            "authed_user": {"id": code.user},
            "scope": ",".join(self._slack.scopes),
            "token_type": "bot",
            "access_token": team.token,
            "bot_user_id": team.bot_user,
            "team": None if is_org else {"id": team.team_id, "name": name},
            "enterprise": {"id": team.enterprise_id, "name": "Organisation"} if team.enterprise_id else None,
            "is_enterprise_install": is_org,
            **({"refresh_token": "xoxe-1-refresh", "expires_in": 43200} if self.rotates_tokens else {}),
        }
