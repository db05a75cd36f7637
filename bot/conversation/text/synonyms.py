"""English words that a retelling may put for one another, and verbs of report that it may add. Data only."""

from __future__ import annotations

from bot.conversation.text.words import stem

_GROUPS = (
    "buy purchase get order obtain|begin start commence|end finish complete stop close|fix repair mend"
    " solve resolve|need require want wish desire like love prefer|help assist aid support|send mail"
    " email forward ship|speak talk chat discuss conversation|meeting call appointment session|book"
    " reserve schedule arrange reservation booking|find locate discover search look seek|big large huge"
    " great|small little tiny|quick fast rapid soon|cheap inexpensive affordable|expensive costly pricey"
    "|price cost fee|nice good great fine fantastic wonderful excellent perfect lovely awesome cool|bad"
    " poor terrible awful|show display present|check verify test examine|change alter modify edit update"
    "|remove delete drop erase|add include|make create build produce|choose pick select|show movie film"
    "|car auto vehicle taxi cab ride|hotel accommodation lodging inn|restaurant eatery place diner|train"
    " railway|ticket pass|address location street|phone telephone number contact|leave depart departure"
    "|arrive reach arrival|go travel head visit trip journey|stay remain|area region part town|center"
    " centre central|error bug problem issue fault trouble failure|fail break crash|work function run"
    " operate|idea thought notion|job task work|boss manager lead|release launch publish ship deploy"
    "|version release|document doc docs file|picture photo image|money cash payment pay|answer reply"
    " response respond|happy glad pleased|sad unhappy|afraid scared frightened|tired weary|ill sick|begin"
    " open|person guy man someone|people folks guys|child kid|house home|late delayed delay|early soon"
    "|wrong incorrect mistaken|correct right|play listen|watch see view look|music song"
    "|weather forecast|cold chilly|hot warm|near close nearby|old ancient|new recent|information info"
    " details detail|wait hold|kill slay|gather collect|hit strike attack"
)
_REPORT = (
    "say tell ask suggest propose agree plan want need would like think believe mention note explain"
    " reply answer respond confirm announce report offer recommend request add state write inform remind"
    " thank hope claim decide promise intend inquire enquire wonder point express discuss talk share"
    " describe invite greet conclude wish prefer feel know expect argue insist warn admit deny refuse"
    " decline disagree object comment remark declare reveal ask according regard team group user member"
    " conversation message statement question wonder advise urge instruct order welcome"
)
_ASK = "ask request inquire enquire wonder"
CANONICAL: dict[str, str] = {}
"""Each stem's group, by the stem of its first word."""
for _group in _GROUPS.split("|"):
    for _word in _group.split():
        CANONICAL.setdefault(stem(_word), CANONICAL.get(stem(_group.split()[0]), stem(_group.split()[0])))
REPORTING = frozenset(stem(word) for word in _REPORT.split())
"""Stems that say how something was said: a statement may have them without its source."""
ASKING = frozenset(stem(word) for word in _ASK.split())
