"""What the commands of `python -m bot` do; `bot.__main__` declares them. Top of the house, with `app` below it."""
