"""What the forms say that no command says, in the languages that there are words in: data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormWords:
    """The words of one language. `ask` stands before the bot's name, `or_direct` says what happens without a
    channel, `under_way` and `under_way_direct` where the answer comes; `tasks` are what can be done."""

    ask: str
    task: str
    place: str
    or_direct: str
    send: str
    cancel: str
    close: str
    under_way: str
    under_way_direct: str
    tasks: Mapping[str, str]


_NAMES = ("summarize", "catchup", "translate", "ask", "write", "search")


def _tasks(*names: str) -> Mapping[str, str]:
    return dict(zip(_NAMES, names, strict=True))


_WORDS = {
    "en": FormWords(
        *("Ask", "What to do", "Channel", "Without one, the answer comes in our direct messages."),
        *("Send", "Cancel", "Close", "I am on it: the answer comes in that channel."),
        "I am on it: the answer comes in our direct messages.",
        _tasks("Summarize", "Catch up", "Translate", "Ask a question", "Write a text", "Search"),
    ),
    "es": FormWords(
        *("Pide a", "Qué hacer", "Canal", "Sin canal, la respuesta llega en nuestros mensajes directos."),
        *("Enviar", "Cancelar", "Cerrar", "Estoy en ello: la respuesta llega en ese canal."),
        "Estoy en ello: la respuesta llega en nuestros mensajes directos.",
        _tasks("Resumir", "Ponerse al día", "Traducir", "Preguntar", "Escribir un texto", "Buscar"),
    ),
    "fr": FormWords(
        *("Demander à", "Que faire", "Canal", "Sans canal, la réponse arrive dans nos messages directs."),
        *("Envoyer", "Annuler", "Fermer", "Je m’en occupe : la réponse arrive dans ce canal."),
        "Je m’en occupe : la réponse arrive dans nos messages directs.",
        _tasks("Résumer", "Rattraper", "Traduire", "Poser une question", "Écrire un texte", "Chercher"),
    ),
    "de": FormWords(
        *("Frag", "Was zu tun ist", "Kanal", "Ohne Kanal kommt die Antwort in unseren Direktnachrichten."),
        *("Senden", "Abbrechen", "Schließen", "Ich bin dabei: Die Antwort kommt in jenem Kanal."),
        "Ich bin dabei: Die Antwort kommt in unseren Direktnachrichten.",
        _tasks(
            *("Zusammenfassen", "Verpasstes nachholen", "Übersetzen"),
            *("Eine Frage stellen", "Einen Text schreiben", "Suchen"),
        ),
    ),
    "pt": FormWords(
        *("Peça a", "O que fazer", "Canal", "Sem canal, a resposta chega nas nossas mensagens diretas."),
        *("Enviar", "Cancelar", "Fechar", "Estou nisso: a resposta chega nesse canal."),
        "Estou nisso: a resposta chega nas nossas mensagens diretas.",
        _tasks("Resumir", "Pôr em dia", "Traduzir", "Perguntar", "Escrever um texto", "Buscar"),
    ),
    "zh": FormWords(
        *("询问", "要做什么", "频道", "不选频道时，回答会发到我们的私信里。"),
        *("发送", "取消", "关闭", "正在处理：回答会出现在该频道。"),
        "正在处理：回答会发到我们的私信里。",
        _tasks("总结", "补看错过的内容", "翻译", "提问", "写文章", "搜索"),
    ),
    "ja": FormWords(
        *("質問:", "すること", "チャンネル", "選ばない場合、回答はダイレクトメッセージに届きます。"),
        *("送信", "キャンセル", "閉じる", "作業中です。回答はそのチャンネルに表示されます。"),
        "作業中です。回答はダイレクトメッセージに届きます。",
        _tasks("要約", "見逃した話を読む", "翻訳", "質問する", "文章を書く", "検索"),
    ),
}


def words_for(language: str) -> FormWords:
    """The words of a language by its code; English ones where there are none."""
    return _WORDS.get(language, _WORDS["en"])
