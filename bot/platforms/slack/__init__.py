"""Slack: the adapter to slack-bolt and slack-sdk, and the only importer of them.

A map of this folder, in the order in which to read it. Each module's first lines say more.

1. The whole: `platform` puts the pieces together, with what the settings say (`options`).
2. The way in. `transport` is what `socket_mode` and `http` have in common; over HTTP `http_server` takes
   requests, `signatures` judges them and `http_bodies` reads them. `bolt` routes it and acknowledges it:
   - `events` to `listener`, which tells the manager of messages, edits and commands, each channel in order.
     `incoming` makes messages of the bot's from payloads, with `contents` (what people see), `rich_text`
     and `markup` (its text), `attachments` (its files) and `commands` (their names here); `payloads` reads
     any JSON.
   - `interactions` to `buttons`, `shortcuts` (menus of messages) and `modals` (forms, made by `forms` with
     `form_words`). `reactions` hears flags. What they all give are commands (`given`).
   - `pane` (the agent's own place, with `prompts`) and `home` (the tab, drawn by `home_blocks`).
   - `deleted_channels` and `departures` (workspaces that leave): what was said there is erased.
3. The way out, for one reply: `sink` posts and edits in a channel. `stream_sink` lets an answer grow in a
   thread (`streams`, `streaming_text`). `command_sink` shows it to one person, at `response_urls`, or in
   their direct conversation by `person_sink` and `direct`. `layout` makes blocks of a post, `mrkdwn` makes
   its text harmless, `files` uploads long code, `nonces` find a post again. `thinking_status` and
   `sessions` show that it is at work, `excuses` tell who asked why nothing can be shown.
4. Reading back. `access` and `members` say who may read what. `reading` has a channel read before an
   answer: `visit` is one reading, `visitor` makes it, from `pages` of Slack's within `quota`; `stretches`
   know how far it came, `intake` writes it down by `remembering`, past what was edited meanwhile
   (`changed`). `history` brings back what was missed while the bot was away, from its `memberships`.
5. Workspaces. `workspaces` says what is needed to speak in one: its client (`clients`), `names` of people
   and channels, what it may do (`scopes`). `sign_in` opens the only one. `installations` opens all that
   installed the app: `install_pages` let them, `token_store` keeps tokens, `sealing` seals them.
6. When Slack will not: `problems` puts it in words, `patience` tries again, `pace` waits between calls,
   `refusals` stop asking; `sdk_log` makes the SDK's log fit to be kept.
7. For the operator: `manifest` says what Slack must know of the app, `diagnosis` is the doctor's part.

Pure, and so easy to begin with: `incoming`, `rich_text`, `markup`, `mrkdwn`, `layout`, `forms`,
`stretches`. Slack's words: a `ts` is a message's id and time, a workspace's id begins with T (an
organisation's with E), a channel's with C or G, a direct conversation's with D, a person's with U or W.
"""

from bot.platforms.slack.diagnosis import Setup, diagnose
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.options import Http, OAuth
from bot.platforms.slack.platform import SlackPlatform

__all__ = ["Http", "OAuth", "Setup", "SlackPlatform", "diagnose", "manifest"]
