"""The outside world: each platform's SDK turned into our types, and nothing more."""
