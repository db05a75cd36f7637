"""The special tokens of the bundled model, its chat template and the wording of a translation request.

Constants and strings only: no tokenizer, no model, nothing to import.
"""

from __future__ import annotations

PAD, END, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"
PLACEHOLDER = "⟦{n}⟧"
"""What stands in a text to be translated for a mention, a link or code."""
MASKS = tuple(PLACEHOLDER.format(n=index) for index in range(16))
FIRST_TOKENS = (PAD, END, USER, ASSISTANT, *MASKS)
"""The vocabulary's first entries; the masks among them are ordinary text that is one token each."""
PAD_ID, END_ID, USER_ID, ASSISTANT_ID = range(4)

CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'user' -%}{{- '<|user|>' + message['content'] + '<|end|>' -}}"
    "{%- elif message['role'] == 'assistant' -%}{{- '<|assistant|>' + message['content'] + '<|end|>' -}}"
    "{%- endif -%}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)

LANGUAGE_NAMES = {
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "de": "German",
    "pt": "Portuguese",
    "zh": "Chinese",
    "ja": "Japanese",
}


def translation_request(text: str, language: str) -> str:
    """The user message that asks for `text` in `language` (a code such as "fr")."""
    return f"Translate into {LANGUAGE_NAMES[language]}:\n{text}"
