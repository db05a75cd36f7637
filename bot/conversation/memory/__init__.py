"""What the bot knows of a channel when it answers: focus, facts, personas, what search finds, notes."""
