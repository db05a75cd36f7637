"""What the agent's pane suggests to ask, and what a conversation there is called. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bot.conversation.text.safety import one_line

MAX_TITLE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Words:
    """What is said in one language. Each suggestion is what people see, and what they say by a click on it;
    in that of a summary `{}` stands for the channel."""

    title: str
    summarize: tuple[str, str]
    translate: tuple[str, str]
    write: tuple[str, str]
    help: tuple[str, str]


WORDS = {
    "en": Words(
        "What can I do for you?",
        ("Summarize the channel I am looking at", "Summarize {}"),
        ("Translate a text", "Please help me translate a text."),
        ("Write something with me", "Please help me write a short message."),
        ("What can you do?", "What can you do?"),
    ),
    "es": Words(
        "¿En qué te ayudo?",
        ("Resumir el canal que estoy viendo", "Resume {}"),
        ("Traducir un texto", "Por favor, ayúdame a traducir un texto."),
        ("Escribir algo conmigo", "Por favor, ayúdame a escribir un mensaje breve."),
        ("¿Qué puedes hacer?", "¿Qué puedes hacer?"),
    ),
    "fr": Words(
        "Que puis-je faire pour toi ?",
        ("Résumer le canal que je regarde", "Résume {}"),
        ("Traduire un texte", "Aide-moi à traduire un texte, s'il te plaît."),
        ("Écrire quelque chose avec moi", "Aide-moi à écrire un court message, s'il te plaît."),
        ("Que peux-tu faire ?", "Que peux-tu faire ?"),
    ),
    "de": Words(
        "Was kann ich für dich tun?",
        ("Den Kanal zusammenfassen, den ich ansehe", "Fasse {} zusammen"),
        ("Einen Text übersetzen", "Hilf mir bitte, einen Text zu übersetzen."),
        ("Etwas mit mir schreiben", "Hilf mir bitte, eine kurze Nachricht zu schreiben."),
        ("Was kannst du?", "Was kannst du?"),
    ),
    "pt": Words(
        "Como posso ajudar?",
        ("Resumir o canal que estou vendo", "Resuma {}"),
        ("Traduzir um texto", "Por favor, me ajude a traduzir um texto."),
        ("Escrever algo comigo", "Por favor, me ajude a escrever uma mensagem curta."),
        ("O que você pode fazer?", "O que você pode fazer?"),
    ),
    "zh": Words(
        "我能帮你做什么？",
        ("总结我正在看的频道", "总结 {}"),
        ("翻译一段文字", "请帮我翻译一段文字。"),
        ("和我一起写点东西", "请帮我写一条简短的消息。"),
        ("你能做什么？", "你能做什么？"),
    ),
    "ja": Words(
        "何をお手伝いしましょうか？",
        ("見ているチャンネルを要約する", "{} を要約して"),
        ("文章を翻訳する", "文章を翻訳するのを手伝ってください。"),
        ("一緒に文章を書く", "短いメッセージを書くのを手伝ってください。"),
        ("何ができますか？", "何ができますか？"),
    ),
}


def suggestions(language: str, channel_id: str | None) -> tuple[str, list[dict[str, str]]]:
    """The words above the suggestions, and at most four of them: with a channel that the person looks at and
    may read, its summary first."""
    words = WORDS.get(language, WORDS["en"])
    chosen = [words.translate, words.write, words.help]
    if channel_id is not None:
        chosen.insert(0, (words.summarize[0], words.summarize[1].format(f"<#{channel_id}>")))
    return words.title, [{"title": title, "message": message} for title, message in chosen]


def title_of(question: str) -> str:
    """What a conversation is called that begins with a question: its beginning, "" for no words."""
    line = one_line(question)
    if len(line) <= MAX_TITLE_CHARS:
        return line
    cut = line[: MAX_TITLE_CHARS - 2]
    at_word = cut.rpartition(" ")[0]
    return f"{at_word if len(at_word) > MAX_TITLE_CHARS // 2 else cut} …"
