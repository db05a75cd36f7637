"""What the commands of `python -m bot` do; `bot.__main__` declares them, `bot.app` stands below."""
