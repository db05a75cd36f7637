"""What the bot decides: order, memory, prompts, tasks. Knows no SDK and no torch."""
