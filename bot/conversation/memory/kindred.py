"""Words of everyday talk that often stand for each other, in circles. English; data only, written by us."""

from __future__ import annotations

from bot.conversation.memory.stems import stem_of

_CIRCLES = (
    "meeting call standup sync session appointment",
    "password passphrase passcode pin code secret key",
    "phone number telephone mobile cell call",
    "address street located location place live",
    "price cost fee pay paid charge expensive budget",
    "birthday born",
    "deploy deployment release rollout ship launch publish",
    "deadline due until submit latest",
    "doctor dentist physician clinic",
    "dog puppy pet",
    "cat kitten pet",
    "car vehicle van drive",
    "holiday vacation leave off away trip travel",
    "job work position role employed",
    "boss manager lead head chief",
    "buy purchase order bought",
    "repair fix mend broken",
    "teacher tutor instructor coach",
    "child kid son daughter baby",
    "partner wife husband spouse married",
    "favourite favorite prefer best love like",
    "allergic allergy intolerant",
    "eat food dish meal lunch dinner",
    "drink beverage coffee tea",
    "restaurant cafe diner bistro pizzeria",
    "movie film cinema",
    "song music album band",
    "book novel read author",
    "server host machine box",
    "database db postgres mysql sqlite",
    "bug error issue defect crash",
    "website site page url link",
    "begin start commence kick",
    "end finish close over stop",
    "arrive come land reach",
    "leave depart go departure",
    "train rail station platform",
    "flight plane fly airline airport",
    "hotel hostel accommodation stay room",
    "doctor medicine pill medication",
    "key keys spare",
    "keep kept store stored stash hidden",
    "responsible charge owner owns maintain",
    "decide decided decision agree agreed chose picked",
    "version release tag",
    "screen monitor display",
    "laptop computer notebook pc",
    "money fund cash sum amount",
    "team group crew squad",
    "customer client",
    "school class course lesson",
    "game match play tournament",
    "gym training workout exercise",
    "rent lease landlord flat apartment",
    "garbage trash rubbish bin",
    "internet wifi wlan network",
    "backup copy snapshot",
    "port listen",
    "language written programming",
    "color colour",
    "reset restore recover",
    "limit maximum max cap most",
    "speed fast quick slow",
    "open opening hour",
    "contact reach email mail",
    "rule policy allowed permitted",
    "guest visitor",
    "present gift",
    "party celebration celebrate",
    "wedding marry married",
    "replace substitute stand cover",
    "print printer",
    "office desk floor room",
    "parking park garage",
    "insurance policy contract",
    "size height tall length",
    "weight weigh heavy kilo",
    "distance far away kilometre mile",
)


def _table() -> dict[str, tuple[str, ...]]:
    """For the stem of every word, the stems of the others in its circles."""
    table: dict[str, dict[str, None]] = {}
    for circle in _CIRCLES:
        stems = [stem_of(word) for word in circle.split()]
        for stem in stems:
            table.setdefault(stem, {}).update(dict.fromkeys(other for other in stems if other != stem))
    return {stem: tuple(others) for stem, others in table.items()}


KINDRED: dict[str, tuple[str, ...]] = _table()
"""For the stem of a word, the stems of the words that often stand for it."""
