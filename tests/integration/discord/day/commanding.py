"""Scenarios: slash commands, menus, reactions and buttons."""

from __future__ import annotations

from tests.integration.conversation.script import WHERE
from tests.integration.conversation.stage import until
from tests.integration.discord.day.stage import CODE, Corner, scenario
from tests.unit.platforms.discord import payloads

DECISION = "We decided to meet in Porto on Friday at nine."


async def told(at: Corner, count: int = 1) -> None:
    """Wait until so many answers stand here, for all or for one."""
    await until(lambda: len([t for t in at.texts() + at.whispers() if t]) >= count)


@scenario
async def ask_command(at: Corner) -> None:
    await at.command("ask", {"question": "how much?"})
    await at.says("how much?")


@scenario
async def summarize_command(at: Corner) -> None:
    at.say(DECISION)
    await at.command("summarize", {"style": "bullets"})
    await at.says("Porto")


@scenario
async def summarize_for_me(at: Corner) -> None:
    at.say(DECISION)
    await at.command("summarize", {"show": "me", "style": "bullets"})
    await at.whispered("Porto")
    assert at.texts() == []


@scenario
async def summarize_since_a_time(at: Corner) -> None:
    at.say(DECISION)
    await at.command("summarize", {"since": "2h", "style": "bullets"})
    await at.says("Porto")


@scenario
async def summarize_from_a_link(at: Corner) -> None:
    at.say("An older matter about Madrid was settled.")
    start = at.say(DECISION)
    link = f"https://discord.com/channels/{at.discord.guild_id}/{at.place.id}/{start}"
    await at.command("summarize", {"from": link, "style": "bullets"})
    await at.says("Porto")
    assert not any("Madrid" in text for text in at.texts())


@scenario
async def catchup_command(at: Corner) -> None:
    at.say("I was here")
    at.say(DECISION, at.ben)
    await at.command("catchup")
    await at.whispered("Porto")


@scenario
async def translate_command(at: Corner) -> None:
    await at.command("translate", {"to": "fr", "text": WHERE})
    await at.says("Où est la réunion demain matin ?")


@scenario
async def write_command(at: Corner) -> None:
    await at.command("write", {"prompt": "Once upon a time"})
    await told(at)


@scenario
async def search_command(at: Corner) -> None:
    at.say("The spare key lies under the blue pot.", at.ben)
    await at.command("search", {"words": "spare key"})
    await at.whispered("blue pot")


@scenario
async def facts_commands(at: Corner) -> None:
    await at.command("remember", {"text": "Our Wi-Fi is called Otter."})
    await told(at)
    await at.command("facts")
    await at.whispered("Otter")


@scenario
async def persona_command(at: Corner) -> None:
    await at.command("persona", {}, at.chief)
    await told(at)


@scenario
async def settings_by_a_stranger(at: Corner) -> None:
    await at.command("settings", {"speak": "always"}, at.ben)
    await told(at)
    at.say("nobody called")
    await at.silence()


@scenario
async def stats_command(at: Corner) -> None:
    at.say("one message")
    await at.command("stats")
    await told(at)


@scenario
async def help_command(at: Corner) -> None:
    await at.command("help")
    await until(lambda: any("/summarize" in text for text in at.texts() + at.whispers()))


@scenario
async def export_command(at: Corner) -> None:
    at.say(f"{at.name} these are my own words")
    await at.command("export")
    await until(lambda: any(post["attachments"] for post in at.discord.whispered(at.place)))
    post = next(post for post in at.discord.whispered(at.place) if post["attachments"])
    (data,) = at.discord.files(post).values()
    assert f"{at.name} these are my own words" in data.decode()


@scenario
async def forget_me_command(at: Corner) -> None:
    at.say(f"{at.name} my secret is a purple hat")
    await at.command("forget-me")
    await told(at)
    await at.command("forget-me", {"confirm": "yes"})
    await told(at, 2)
    at.ask(f"what is the secret of {at.name}?", at.ben)
    await at.says("what is the secret")
    assert "purple hat" not in at.prompts()[-1]


@scenario
async def reset_by_its_manager(at: Corner) -> None:
    at.say(f"{at.name} remember the yellow door")
    await at.command("reset", {}, at.chief)
    await at.says("forgotten")
    at.ask(f"which door, {at.name}?")
    await at.says("which door")
    assert "yellow" not in at.prompts()[-1]


@scenario
async def reset_by_a_stranger(at: Corner) -> None:
    await at.command("reset", {}, at.ben)
    await until(lambda: any("manages this channel" in text for text in at.texts() + at.whispers()))


@scenario
async def a_typed_command(at: Corner) -> None:
    at.say(DECISION)
    at.ask("/summarize style:bullets")
    await at.says("Porto")


@scenario
async def a_command_in_a_spanish_client(at: Corner) -> None:
    said = at.say(WHERE)
    assert said
    await at.command("translate", {"to": "fr", "text": WHERE}, locale="es-ES")
    await at.says("Où est")


@scenario
async def languages_are_suggested(at: Corner) -> None:
    async with at.day.calm():
        found = await at.discord.type_ahead("translate", "to", "deu", at.ann, place=at.place)
    assert "de" in [choice["value"] for choice in found]


@scenario
async def a_command_whose_token_runs_out(at: Corner) -> None:
    interaction = await at.command("ask", {"question": "speak slowly"})
    await until(lambda: at.texts() and at.texts()[0])
    interaction.is_expired = True
    await at.command("stop")
    await until(lambda: not at.day.bot.manager.has_work(at.key))


@scenario
async def a_command_in_a_foreign_server(at: Corner) -> None:
    interaction = await at.command("ask", {"question": "who is there?"}, place=at.discord.elsewhere)
    await until(lambda: any("who is there?" in payloads.text_of(post) for post in interaction.told))
    assert all(post["flags"] & 64 for post in interaction.told)


# --- menus and reactions ---------------------------------------------------------------------


@scenario
async def translate_menu(at: Corner) -> None:
    said = at.say(WHERE, at.ben)
    async with at.day.calm():
        interaction = at.discord.menu("Translate", said, at.ann, locale="fr")
        await until(lambda: interaction.is_answered)
    await at.whispered("Où est la réunion demain matin ?")


@scenario
async def summarize_menu(at: Corner) -> None:
    said = at.say(DECISION, at.ben)
    await at.menu("Summarize from here", said)
    await at.whispered("Porto")


@scenario
async def explain_menu(at: Corner) -> None:
    said = at.say(f"{at.name}: a monad is a monoid", at.ben)
    await at.menu("Explain", said)
    await told(at)
    assert f"{at.name}: a monad is a monoid" in at.prompts()[-1]


@scenario
async def reply_menu(at: Corner) -> None:
    said = at.say(f"{at.name}: who brings the cake?", at.ben)
    await at.menu("Reply to this", said)
    await told(at)
    assert "who brings the cake?" in at.prompts()[-1]


@scenario
async def a_flag(at: Corner) -> None:
    said = at.say(WHERE)
    await at.calmly(lambda: at.discord.react(said, "🇫🇷", at.ben))
    await at.says("Où est la réunion demain matin ?")
    await at.calmly(lambda: at.discord.react(said, "🇫🇷", at.chief))
    await at.silence()
    assert sum("Où est" in text for text in at.texts()) == 1


@scenario
async def other_reactions(at: Corner) -> None:
    said = at.say(WHERE)
    await at.calmly(lambda: at.discord.react(said, "👍", at.ben))
    await at.calmly(lambda: at.discord.react(said, "🇫🇷", at.discord.robot))
    await at.silence()


# --- buttons ---------------------------------------------------------------------------------


def last_post(at: Corner) -> int:
    return int(at.discord.posts(at.place)[-1]["id"])


@scenario
async def stop_button(at: Corner) -> None:
    at.ask("speak slowly")
    await until(lambda: at.texts() and "word 1" in at.texts()[0])
    await at.press(last_post(at), "stop")
    await until(lambda: not at.day.bot.manager.has_work(at.key))
    assert "word 599" not in at.texts()[0]


@scenario
async def stop_button_of_somebody_else(at: Corner) -> None:
    at.ask("speak slowly")
    await until(lambda: at.texts() and "word 1" in at.texts()[0])
    interaction = await at.press(last_post(at), "stop", at.ben)
    await until(lambda: interaction.told)
    assert at.day.bot.manager.is_answering(at.key)
    await at.press(last_post(at), "stop", at.chief)
    await until(lambda: not at.day.bot.manager.has_work(at.key))


@scenario
async def regenerate_button(at: Corner) -> None:
    at.ask("again?")
    await at.replies("You said: again?")
    await until(lambda: not at.day.bot.manager.has_work(at.key))
    asked = len(at.day.bot.generator.asked)
    post = last_post(at)
    await at.press(post, "regenerate")
    await until(lambda: len(at.day.bot.generator.asked) > asked)
    await at.replies("You said: again?")
    assert last_post(at) == post


@scenario
async def a_forged_button(at: Corner) -> None:
    said = at.say("no post of yours", at.ben)
    interaction = await at.press(said, "regenerate")
    await until(lambda: interaction.told)
    at.ask("fine")
    await at.replies("You said: fine")


@scenario
async def thumbs(at: Corner) -> None:
    at.ask("good?")
    await at.replies("You said: good?")
    await until(lambda: not at.day.bot.manager.has_work(at.key))
    interaction = await at.press(last_post(at), "good", at.ben)
    await until(lambda: interaction.told)
    assert await at.day.bot.store.feedback(at.key) == (1, 0)


@scenario
async def translate_button(at: Corner) -> None:
    at.ask(WHERE)
    await told(at)
    await until(lambda: not at.day.bot.manager.has_work(at.key))
    async with at.day.calm():
        interaction = at.discord.press(last_post(at), "parley:translate", at.ben, locale="es-ES")
        await until(lambda: interaction.is_answered)
    await until(lambda: interaction.told and payloads.text_of(interaction.told[-1]))


@scenario
async def share_button(at: Corner) -> None:
    at.say("The spare key lies under the blue pot.", at.ben)
    await at.command("search", {"words": "spare key"})
    await at.whispered("blue pot")
    await until(lambda: not at.day.bot.manager.has_work(at.key))
    await at.press(int(at.discord.whispered(at.place)[-1]["id"]), "share")
    await at.says("blue pot")


@scenario
async def long_code_as_a_file(at: Corner) -> None:
    at.ask("write me code")
    await until(lambda: any(post["attachments"] for post in at.discord.posts(at.place)))
    await until(lambda: any("That is all." in text for text in at.texts()))
    post = next(post for post in at.discord.posts(at.place) if post["attachments"])
    (data,) = at.discord.files(post).values()
    assert data.decode().strip() == CODE
