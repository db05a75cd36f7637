"""Translation: what it keeps, who translates, and how the language of a text is told."""
