from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web.frames import MAX_NAME_CHARS
from bot.platforms.web.room import free_name


def test_a_second_channel_of_a_name_is_numbered():
    assert free_name("Slack", {"general"}) == "Slack"
    assert free_name("Slack", {"slack", "slack-2"}) == "Slack-3"


@given(st.lists(st.text("ab", min_size=MAX_NAME_CHARS, max_size=MAX_NAME_CHARS), max_size=30))
def test_numbered_names_differ_and_are_no_longer_than_names_may_be(names):
    given_out: set[str] = set()
    for name in [*names, *names]:
        free = free_name(name, given_out)
        assert free not in given_out
        assert len(free) <= MAX_NAME_CHARS
        given_out.add(free.casefold())
