"""Which workspace, or Enterprise Grid organisation, a payload is for, in all of the ways of saying it."""

from __future__ import annotations

import pytest

from bot.platforms.slack.incoming import workspace_of
from bot.platforms.slack.markup import mentioned, readable
from bot.platforms.slack.payloads import Payload

TEAM = {"id": "T1", "domain": "home", "enterprise_id": "E1"}
ENTERPRISE = {"id": "E1", "name": "Org"}
ORG_WIDE = {"enterprise_id": "E1", "team_id": None, "is_enterprise_install": True}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"team_id": "T1"}, "T1"),
        ({"team_id": "T1", "enterprise_id": None}, "T1"),
        ({"team_id": "T1", "enterprise_id": "E1"}, "T1"),
        ({"team_id": "T1", "enterprise_id": "E1", "authorizations": [ORG_WIDE]}, "E1"),
        ({"team_id": "T9", "authorizations": [{"team_id": "T1", "is_enterprise_install": False}]}, "T1"),
        ({"team_id": "T1", "context_team_id": "T9", "authorizations": []}, "T1"),
        ({"team_id": None, "enterprise_id": "E1"}, "E1"),
        ({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "false"}, "T1"),
        ({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "true"}, "E1"),
        ({"team": TEAM, "enterprise": None, "is_enterprise_install": False}, "T1"),
        ({"team": TEAM, "enterprise": ENTERPRISE, "is_enterprise_install": False}, "T1"),
        ({"team": TEAM, "enterprise": ENTERPRISE, "is_enterprise_install": True}, "E1"),
        ({"team": None, "enterprise": ENTERPRISE, "is_enterprise_install": True}, "E1"),
        ({"team": TEAM, "enterprise": None, "is_enterprise_install": True}, "E1"),
        ({"team": {"id": "T9"}, "view": {"team_id": "T9", "app_installed_team_id": "T1"}}, "T1"),
        ({"team": None, "enterprise": None}, ""),
    ],
)
def test_the_installation_that_a_payload_is_for(body: Payload, expected: str) -> None:
    assert workspace_of(body) == expected


def test_people_of_an_organisation_are_people() -> None:
    assert mentioned("hi <@W777>") == {"W777"}
    assert readable("hi <@W777>", {"W777": "Wes"}) == "hi @Wes"
