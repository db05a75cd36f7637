"""Settings: where they come from, what is refused and in which words, and that secrets stay secret."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cli import settings_pages
from bot.config import expected, is_secret, load, load_only, validate, without_password
from bot.errors import ConfigError
from bot.settings import Settings

SECRETS = {
    "discord_token": "discord-token-that-nobody-may-see",
    "slack_bot_token": "xoxb-token-that-nobody-may-see",
    "slack_app_token": "xapp-token-that-nobody-may-see",
    "slack_signing_secret": "signing-secret-that-nobody-may-see",
    "slack_client_secret": "client-secret-that-nobody-may-see",
    "slack_token_key": "token-key-that-nobody-may-see-ever-at-all-0=",
}


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def problems_of(values: Mapping[str, object]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        validate(values)
    return caught.value.problems


def test_defaults_need_nothing(env_file: Path) -> None:
    loaded = load(env_file)
    assert loaded.settings.platforms == ("web",)
    assert loaded.settings.database_url == "sqlite+aiosqlite:///data/parley.db"
    assert loaded.settings.bot_http_host == "127.0.0.1"
    assert set(loaded.origins.values()) == {"default"}
    assert loaded.warnings == ()


def test_environment_wins_over_file_and_origins_say_so(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOT_NAME=FromFile\nBOT_HTTP_PORT=9001\nBOT_LANGUAGE=\n")
    monkeypatch.setenv("BOT_NAME", "FromEnvironment")
    monkeypatch.setenv("BOT_DEVICE", "")
    loaded = load(env_file)
    assert (loaded.settings.bot_name, loaded.origins["bot_name"]) == ("FromEnvironment", "environment")
    assert (loaded.settings.bot_http_port, loaded.origins["bot_http_port"]) == (9001, ".env")
    assert (loaded.settings.bot_language, loaded.origins["bot_language"]) == ("en", "default")
    assert (loaded.settings.bot_device, loaded.origins["bot_device"]) == ("auto", "default")


def test_constructor_does_not_read_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_NAME", "Stray")
    assert Settings().bot_name == "Parley"


def test_data_folder_moves_what_lives_in_it(tmp_path: Path) -> None:
    settings = validate({"bot_data_dir": "/srv/parley"})
    assert settings.database_url == "sqlite+aiosqlite:////srv/parley/parley.db"
    assert settings.bot_models_dir == Path("/srv/parley/models")
    own = validate({"bot_data_dir": "/srv/parley", "database_url": "sqlite+aiosqlite:///other.db"})
    assert own.database_url == "sqlite+aiosqlite:///other.db"


def test_platforms_follow_tokens_unless_named() -> None:
    token = {"discord_token": SECRETS["discord_token"]}
    assert validate(token).platforms == ("discord",)
    assert validate(SECRETS).platforms == ("discord", "slack")
    assert validate({**token, "bot_platforms": " Web , discord,web "}).platforms == ("web", "discord")


def test_all_problems_are_reported_at_once_by_name() -> None:
    problems = problems_of(
        {
            "bot_http_port": "eighty",
            "bot_max_batch": "0",
            "bot_dtype": "int3",
            "bot_platforms": "discord, slack",
            "database_url": "postgresql://somewhere/else",
        }
    )
    names = {problem.split()[0] for problem in problems}
    wrong = {"BOT_HTTP_PORT", "BOT_MAX_BATCH", "BOT_DTYPE", "DATABASE_URL"}
    assert names == wrong | {"DISCORD_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}
    assert "BOT_HTTP_PORT is 'eighty': write a port from 0 to 65535" in problems
    assert all("write " in problem for problem in problems)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bot_http_port", "65536"),
        ("bot_http_port", "-1"),
        ("bot_timeout_s", "nan"),
        ("bot_timeout_s", "0"),
        ("bot_queue_limit", "1.5"),
        ("bot_platforms", "irc"),
        ("bot_language", "English"),
        ("bot_log_level", "LOUD"),
        ("bot_name", "x" * 33),
        ("bot_model_revision", "a b"),
        ("database_url", "sqlite:///data/parley.db"),
        ("discord_token", "short"),
        ("slack_bot_token", "xapp-this-is-the-other-one"),
    ],
)
def test_wrong_value_is_refused_with_what_to_write(name: str, value: str) -> None:
    [problem, *_] = problems_of({name: value})
    assert problem.startswith(name.upper())
    assert expected(Settings.model_fields[name]) in problem


@pytest.mark.parametrize("name", ["slack_app_token", "slack_signing_secret", "slack_client_secret"])
def test_what_belongs_to_slack_alone_is_warned_of(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name.upper(), SECRETS[name])
    [warning] = load(env_file).warnings
    assert warning.startswith(f"{name.upper()} is set") and "SLACK_BOT_TOKEN" in warning
    monkeypatch.setenv("BOT_PLATFORMS", "web")
    assert load(env_file).warnings == (), "somebody chose so"


def test_one_port_for_two_is_refused_beside_what_else_is_wrong() -> None:
    both = {
        "slack_bot_token": SECRETS["slack_bot_token"],
        "bot_platforms": "slack,web",
        "bot_http_port": "3000",
    }
    over_http = {**both, "slack_signing_secret": SECRETS["slack_signing_secret"]}
    port, device = sorted(problems_of({**over_http, "bot_device": "abacus"}), reverse=True)
    assert port.startswith("SLACK_HTTP_PORT is 3000") and "BOT_HTTP_PORT" in port
    assert device.startswith("BOT_DEVICE")
    validate({**over_http, "slack_http_port": "3001"})
    validate({**over_http, "slack_http_port": "0", "bot_http_port": "0"})
    validate({**both, "slack_app_token": SECRETS["slack_app_token"]})


@pytest.mark.parametrize(
    "name", ["slack_client_id", "slack_client_secret", "slack_signing_secret", "slack_app_token"]
)
def test_what_is_wrong_is_not_missing_too(name: str) -> None:
    given = {"slack_bot_token": SECRETS["slack_bot_token"], name: "no good"}
    if name == "slack_client_id":
        given = {"bot_platforms": "slack", "slack_app_token": SECRETS["slack_app_token"], name: "no good"}
    elif name == "slack_client_secret":
        given |= {one: SECRETS[one] for one in ("slack_bot_token", "slack_app_token", "slack_token_key")}
        given |= {"slack_client_id": "1.2", "slack_public_url": "https://bot.example.org"}
    [problem] = problems_of(given)
    assert problem.startswith(f"{name.upper()} is ") and "is missing" not in problem


def test_workspaces_that_may_install_are_ids() -> None:
    name = "slack_allowed_workspaces"
    assert validate({name: " T111, E222,T111,"}).slack_allowed_workspaces == ("T111", "E222")
    assert validate({}).slack_allowed_workspaces == ()
    for wrong in ("acme", "t111", "T111;T222", "T111 T222", ","):
        [problem] = problems_of({name: wrong})
        assert problem.startswith("SLACK_ALLOWED_WORKSPACES is ")


def test_what_needs_a_few_settings_is_not_stopped_by_others(env_file: Path) -> None:
    env_file.write_text("BOT_NAME=Polly\nBOT_HTTP_PORT=eighty\nSLACK_CLIENT_ID=1.2\n")
    settings = load_only(["bot_name", "bot_language"], env_file)
    assert (settings.bot_name, settings.slack_client_id) == ("Polly", None)
    with pytest.raises(ConfigError, match="BOT_HTTP_PORT"):
        load_only(["bot_http_port"], env_file)


def test_slack_needs_a_way_in() -> None:
    bot_token = {"slack_bot_token": SECRETS["slack_bot_token"]}
    [problem] = problems_of(bot_token)
    assert "SLACK_APP_TOKEN" in problem
    assert validate({**bot_token, "slack_app_token": SECRETS["slack_app_token"]}).platforms == ("slack",)


@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60))
def test_a_wrong_secret_is_never_shown(secret: str) -> None:
    # Prefixed, so that no hypothesis example can be a word of our own sentences.
    secret = "§" + secret
    with pytest.raises(ConfigError) as caught:
        validate({"slack_bot_token": secret, "slack_app_token": secret, "bot_http_port": "x"})
    shown = "\n".join(
        ["".join(traceback.format_exception(caught.value)), repr(caught.value), *caught.value.problems]
    )
    assert secret not in shown
    assert caught.value.__cause__ is None


def test_secrets_are_masked_wherever_settings_are_shown(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name.upper(), value)
    loaded = load(env_file)
    shown = [
        settings_pages.in_force(loaded),
        repr(loaded),
        str(loaded.settings),
        loaded.settings.model_dump_json(),
    ]
    for value in SECRETS.values():
        assert not any(value in text for text in shown)
    assert "********  (environment)" in shown[0]


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("database_url", "postgresql://me:hush-hush@db.example/parley"),
        ("database_url", "postgresql:///me:hush-hush@db.example/parley"),
        ("database_url", "postgresql://me:hush-hush/with@odd:signs@db.example/parley"),
        ("database_url", "sqlite:///me:hush-hush@db.example/parley"),
        ("database_url", "me:hush-hush@db.example"),
        ("discord_api_url", "ftp://hush-hush@proxy.example"),
        ("discord_gateway_url", "https://me:hush-hush@proxy.example"),
        ("discord_cdn_url", "ftp://me:hush-hush@proxy.example"),
        ("slack_api_url", "ftp://me:hush-hush@proxy.example"),
        ("bot_model", "https://me:hush-hush@hub.example/org/name"),
    ],
)
def test_a_password_in_a_wrong_address_is_not_shown(name: str, address: str) -> None:
    [problem] = problems_of({name: address})
    assert "hush-hush" not in problem
    assert "***@" in problem


def test_a_password_in_an_address_in_force_is_not_shown(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISCORD_API_URL", "DISCORD_CDN_URL", "SLACK_API_URL"):
        monkeypatch.setenv(name, "https://me:hush-hush@proxy.example/api")
    monkeypatch.setenv("DISCORD_GATEWAY_URL", "wss://me:hush-hush@proxy.example")
    shown = settings_pages.in_force(load(env_file))
    assert "hush-hush" not in shown
    assert shown.count("https://***@proxy.example/api") == 3


@pytest.mark.parametrize(
    "address", ["https://proxy.example:8443/api", "sqlite+aiosqlite:////home/me@work/parley.db"]
)
def test_an_address_without_a_password_is_shown_whole(address: str) -> None:
    assert without_password(address) == address


def test_every_token_is_a_secret() -> None:
    named = {name for name in Settings.model_fields if name.endswith(("token", "secret", "_key"))}
    assert (
        named == {name for name, field in Settings.model_fields.items() if is_secret(field)} == set(SECRETS)
    )


def test_unknown_variables_are_warned_of_with_the_nearest_name(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOT_HTPT_PORT=1\n")
    monkeypatch.setenv("BOT_MODLE", "gpt2")
    monkeypatch.setenv("BOT_XYZZY_QUUX_FROBNICATE", "1")
    monkeypatch.setenv("DISCORD_TOKN", "abc")
    monkeypatch.setenv("DISCORD_WEBHOOK_OF_SOMEBODY_ELSE", "abc")
    warnings = load(env_file).warnings
    assert len(warnings) == 4
    assert any("DISCORD_TOKN" in line and "DISCORD_TOKEN?" in line for line in warnings)
    assert any("BOT_MODLE" in line and "BOT_MODEL?" in line for line in warnings)
    assert any("BOT_HTPT_PORT" in line and "BOT_HTTP_PORT?" in line for line in warnings)


def test_unknown_variables_are_told_beside_wrong_values(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env_file.write_text("BOT_HTTP_PORT=eighty\n")
    monkeypatch.setenv("BOT_PLATFORM", "web")
    with pytest.raises(ConfigError) as caught:
        load(env_file)
    port, warning = caught.value.problems
    assert "BOT_HTTP_PORT" in port
    assert warning.startswith("warning: BOT_PLATFORM is no setting")
    assert "BOT_PLATFORMS?" in warning


def test_an_unreadable_file_is_named(env_file: Path) -> None:
    env_file.write_bytes(b"BOT_NAME=\xff\xfe\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(env_file)


def test_every_setting_has_help_a_default_and_an_expectation() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert not field.is_required(), name
        assert expected(field), name


def test_shards_are_numbers_and_ranges_of_a_known_count() -> None:
    assert validate({"discord_shard_count": "8", "discord_shard_ids": "5,0-2, 2"}).discord_shard_ids == (
        0,
        1,
        2,
        5,
    )
    assert validate({"discord_shard_count": "8"}).discord_shard_ids == ()
    [problem] = problems_of({"discord_shard_ids": "0-1"})
    assert problem.startswith("DISCORD_SHARD_COUNT is missing")
    [problem] = problems_of({"discord_shard_count": "2", "discord_shard_ids": "0-2"})
    assert problem.startswith("DISCORD_SHARD_IDS has 2") and "which is 2" in problem


@pytest.mark.parametrize("wrong", ["one", "3-1", "-1", "0-", "1--2", "0,,1", "0-99999999999"])
def test_what_is_no_list_of_shards_is_refused(wrong: str) -> None:
    [problem] = problems_of({"discord_shard_count": "4", "discord_shard_ids": wrong})
    assert problem.startswith("DISCORD_SHARD_IDS is ")


def test_a_word_before_the_token_is_noticed_and_the_token_is_not_shown(
    env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "Bot some-long-secret-that-is-a-token")
    with pytest.raises(ConfigError) as caught:
        load(env_file)
    assert "no word before it" in str(caught.value) and "some-long" not in str(caught.value)
