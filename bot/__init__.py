"""Parley: a private GPT for a community's own Discord servers and Slack workspaces."""

__version__ = "0.1.0"
