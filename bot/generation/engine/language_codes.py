"""The names that translation models give to languages, and their ISO 639-1 codes. Pure: tables and look-ups.

Models write `fra`, `fra_Latn`, `fr_XX`, `__fr__`, `>>fra<<` or `<2fr>` for French; the rest of the house
says `fr`. Pairs of ISO 639-1 and 639-3 codes: the Library of Congress' and SIL's tables. It must not know
tokenizers or models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Where a language has several ISO 639-3 codes (a macrolanguage and its members), the better one is first.
_TABLE: Final = (
    "af:afr am:amh ar:arb,ara as:asm ast:ast az:azj,aze ba:bak be:bel bg:bul bn:ben bo:bod br:bre bs:bos "
    "ca:cat ceb:ceb cs:ces cy:cym da:dan de:deu el:ell en:eng eo:epo es:spa et:est,ekk eu:eus fa:pes,fas "
    "ff:ful,fuv fi:fin fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj ha:hau he:heb hi:hin "
    "hr:hrv ht:hat hu:hun hy:hye id:ind ig:ibo is:isl it:ita ja:jpn jv:jav ka:kat kk:kaz km:khm kn:kan "
    "ko:kor ku:kmr,kur ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lv:lvs,lav mg:plt,mlg "
    "mi:mri mk:mkd ml:mal mn:khk,mon mr:mar ms:zsm,msa mt:mlt my:mya ne:npi,nep nl:nld no:nob,nor,nno "
    "ny:nya oc:oci om:gaz,orm or:ory,ori pa:pan pl:pol ps:pbt,pus pt:por ro:ron ru:rus rw:kin sa:san "
    "sc:srd sd:snd sg:sag si:sin sk:slk sl:slv sm:smo sn:sna so:som sq:als,sqi sr:srp ss:ssw st:sot "
    "su:sun sv:swe sw:swh,swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl,fil tn:tsn tr:tur ts:tso "
    "tt:tat tw:twi ug:uig uk:ukr ur:urd uz:uzn,uzb vi:vie wo:wol xh:xho yi:ydd,yid yo:yor zh:zho,cmn "
    "zu:zul"
)
_SYNONYMS: Final = {"nb": "no", "nn": "no", "fil": "tl", "iw": "he", "in": "id", "jw": "jv", "ns": "nso"}
_MEMBERS: Final = {
    code: tuple(members.split(",")) for code, members in (entry.split(":") for entry in _TABLE.split())
}
_ISO_639_1: Final = {member: code for code, members in _MEMBERS.items() for member in members}

# Families that OPUS-MT's models name in place of one language, as far as their members are in the table.
_GROUPS: Final = {
    "roa": "ast ca es fr gl ht it la lb oc pt ro sc", "itc": "ast ca es fr gl ht it la oc pt ro sc",
    "gem": "af da de en fo fy is lb nl no sv yi", "gmw": "af de en fy lb nl yi", "gmq": "da fo is no sv",
    "sla": "be bg bs cs hr mk pl ru sk sl sr uk", "zle": "be ru uk", "zls": "bg bs hr mk sl sr",
    "zlw": "cs pl sk", "bat": "lt lv", "cel": "br cy ga gd", "fiu": "et fi hu",
    "trk": "az ba kk ky tk tr tt ug uz",
    "inc": "as bn gu hi mr ne or pa sd si ur", "dra": "kn ml ta te", "sem": "am ar he mt ti",
    "mul": " ".join(_MEMBERS),
}  # fmt: skip
_GROUP_SYNONYMS: Final = {
    "romance": "roa", "celtic": "cel", "scandinavia": "gmq", "north_eu": "gmq", "nordic": "gmq",
}  # fmt: skip
_PREFERRED_SCRIPTS: Final = ("", "latn", "cyrl", "hans", "arab")  # where one language has several
_DECORATION: Final = re.compile(r"__(\w+?)__|>>([\w-]+)<<|<2(\w+)>|([a-z]{2,3}_[A-Za-z]{2,4})")
_SEVERAL: Final = re.compile(r"[a-z]{3}(_[a-z]{3})+")
ENGLISH_NAMES: Final = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish",
    "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian",
    "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "no": "Norwegian",
    "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sv": "Swedish",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
"""For models that are told the language in words."""


def iso_code(name: str) -> str | None:
    """The ISO 639-1 code (639-3 where there is none) of a language's bare name in some model, such as `fra`,
    `fra_Latn`, `fr_XX`, `pt-BR` or `fr`; None for what is no language of the table."""
    base = re.split(r"[_-]", name)[0].lower()
    base = _SYNONYMS.get(base, base)
    return base if base in _MEMBERS else _ISO_639_1.get(base)


def language_tokens(vocabulary: Iterable[str]) -> dict[str, str]:
    """The tokens of a vocabulary that name languages, by ISO 639-1 code; the best one of each language."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for token in vocabulary:
        match = _DECORATION.fullmatch(token)
        name = next(filter(None, match.groups()), "") if match else ""
        if name and (code := iso_code(name)):
            found.setdefault(code, []).append((*_rank(code, name), token))
    return {code: min(tokens)[-1] for code, tokens in sorted(found.items())}


def _rank(code: str, name: str) -> tuple[int, int]:
    """Lower is better: the usual member of the language, in its usual script."""
    base, _, script = name.lower().partition("_")
    members = (code, *_MEMBERS[code])
    place = members.index(base) if base in members else len(members)
    known = script in _PREFERRED_SCRIPTS
    return place, _PREFERRED_SCRIPTS.index(script) if known else len(_PREFERRED_SCRIPTS)


def languages_named(name: str) -> tuple[str, ...]:
    """The ISO 639-1 codes that a name in a model's configuration stands for: one language, several (`de+nl`,
    `deu_nld`), or a family; nothing for an unknown one."""
    family = _GROUP_SYNONYMS.get(name.lower(), name.lower())
    if family in _GROUPS:
        return tuple(sorted(_GROUPS[family].split()))
    codes = [iso_code(part) for part in re.split(r"[+_]" if _SEVERAL.fullmatch(name) else r"[+]", name)]
    return tuple(sorted({code for code in codes if code}))


def pair_in_name(name: str) -> tuple[str, str] | None:
    """What a model's name says that it translates, (from, into): `opus-mt-en-fr`, `opus-mt-tc-eng-fra`."""
    parts = name.rpartition("/")[2].split("-")
    if len(parts) < 2 or not (languages_named(parts[-2]) and languages_named(parts[-1])):
        return None
    return parts[-2], parts[-1]


def all_pairs(sources: Iterable[str], targets: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Every (source, target) of two different languages."""
    targets = tuple(targets)
    return tuple((source, target) for source in sources for target in targets if source != target)
