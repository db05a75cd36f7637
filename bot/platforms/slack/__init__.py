"""Slack: the adapter to slack-bolt and slack-sdk, and the only importer of them."""

from bot.platforms.slack.diagnosis import Setup, diagnose
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.options import Http, OAuth
from bot.platforms.slack.platform import SlackPlatform

__all__ = ["Http", "OAuth", "Setup", "SlackPlatform", "diagnose", "manifest"]
