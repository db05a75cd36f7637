"""The recipes that make the bundled model. Never imported by the running bot."""
