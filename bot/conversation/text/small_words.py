"""The most frequent small words of languages in Latin script, and letters that few of them use. Data only."""

from __future__ import annotations

_WORDS = {
    "en": (
        "the be to of and a in that have i it for not on with he as you do at this but his by from they"
        " we say her she or an will my one all would there their what so up out if about who get which"
        " go me is are was were am i'm it's don't how why when where no yes hello hi please thanks can"
        " could did does has had been your our us them these those than then its here just very"
    ),
    "fr": (
        "le la les de des du un une et est en que qui dans pour pas sur au aux avec ce cette il elle je"
        " tu nous vous ils elles mais ou où donc ne se sa son ses mon ma mes ton ta plus par être avoir"
        " suis es sommes êtes sont ai as ont fait comme bonjour merci oui non très bien c'est j'ai qu'il"
        " d'un d'une l'on pourquoi quand comment quel quelle tout tous"
    ),
    "de": (
        "der die das und ist in den von zu mit sich des auf für nicht ein eine einen einem einer als"
        " auch es an er sie wir ihr ich du dass aus hat haben wird bei sind war noch wie über nur oder"
        " aber vor zur bis mehr durch man mein dein sein kein wenn was wo wer warum hallo danke ja nein"
        " bitte sehr gut mir mich dir dich im am zum heute morgen"
    ),
    "es": (
        "el la los las de que y en un una ser se no por con su para como estar tener le lo todo pero"
        " más hacer o poder decir este esta ir otro ese si me ya ver porque muy sin sobre también mi es"
        " son está están fue hay soy eres somos yo tú él ella nosotros ustedes hola gracias sí bien qué"
        " cómo cuándo dónde del al tu hoy"
    ),
    "pt": (
        "o a os as de que e em um uma ser se não por com seu sua para como estar ter do da dos das no"
        " na nos nas mas mais fazer ou eu tu você ele ela nós eles isso este esta muito também já são"
        " está estão foi há ao à pelo pela obrigado olá sim bem quando onde porque meu minha hoje tem"
    ),
    "it": (
        "il lo la i gli le di che e è in un una per non con del della dei delle al alla si sono ma come"
        " più da questo questa io tu lui lei noi voi loro mi ti ci ha ho hai abbiamo anche o se molto"
        " bene ciao grazie sì perché quando dove cosa chi era essere nel nella oggi mio"
    ),
    "nl": (
        "de het een en van ik te dat die in is je niet zijn op aan met als voor had er maar om hem dan"
        " zou of wat mijn men dit zo door over ze zich bij ook tot jij wij hij zij heb hebt heeft hebben"
        " goed hallo dank ja nee waarom hoe waar wie geen naar uit deze ben bent kan"
    ),
    "sv": (
        "och i att det som en på är av för med den till inte har de om ett han hon men var jag du vi ni"
        " sig från så kan när år säger hej tack ja nej mycket bra vad hur varför där här min din mig dig"
        " ska detta också"
    ),
    "da": (
        "og i at det som en på er af for med den til ikke har de om et han hun men var jeg du vi sig"
        " fra så kan når hej tak ja nej meget godt hvad hvordan hvorfor hvor her min din mig dig skal"
        " dette også blev"
    ),
    "no": (
        "og i å det som en på er av for med den til ikke har de om et han hun men var jeg du vi seg fra"
        " så kan når hei takk ja nei veldig bra hva hvordan hvorfor hvor her min din meg deg skal dette"
        " også ble"
    ),
    "fi": (
        "ja on ei se että hän oli ovat mutta kun niin minä sinä me te he tämä joka mitä missä miten"
        " miksi kuin myös vain kanssa olen olet olemme moi kiitos kyllä hyvä hyvin nyt sitten jos tai"
    ),
    "pl": (
        "i w nie na się z do to że jest jak o co ale po tak za od czy dla już tylko ja ty on ona my wy"
        " oni są był była być mam masz ma cześć dziękuję dobrze bardzo kiedy gdzie dlaczego ten ta te"
        " przez może"
    ),
    "cs": (
        "a se v je na že to s z do o i ale jak za by pro tak po co já ty on ona my vy oni jsem jsi jsou"
        " byl byla být mám má ahoj děkuji dobře velmi kdy kde proč ten ta který která nebo už"
    ),
    "ro": (
        "și în de la a nu o cu că este un pe se din ce mai sau dar pentru sunt am ai are eu tu el ea"
        " noi voi ei bună mulțumesc da foarte bine când unde cum acest această care fost să"
    ),
    "hu": (
        "a az és hogy nem is egy van ez azt de csak meg már ki ha volt én te ő mi ti ők vagyok szia"
        " köszönöm igen jó nagyon mikor hol miért mint lesz még vagy"
    ),
    "tr": (
        "ve bir bu da de için ile çok ne mi ben sen o biz siz onlar var yok değil gibi daha kadar ama"
        " olarak merhaba teşekkürler evet hayır iyi nasıl neden nerede şey olan"
    ),
    "id": (
        "yang dan di ini itu dengan untuk tidak dari dalam akan pada saya kamu dia kami mereka ada"
        " adalah ke bisa sudah juga atau apa bagaimana halo terima kasih ya baik karena orang"
    ),
    "vi": (
        "và của là có không được một cho các với người này trong tôi bạn anh chị em đã để những khi đến"
        " ở xin chào cảm ơn vâng rất tốt gì như thế nào"
    ),
    "ca": (
        "el la els les de que i en un una és amb per no es al del però com més són ha he aquest aquesta"
        " jo tu ell ella hola gràcies sí molt bé quan on què meva dels"
    ),
}
SMALL_WORDS: dict[str, frozenset[str]] = {code: frozenset(words.split()) for code, words in _WORDS.items()}

LETTERS: dict[str, str] = {
    "fr": "œçêîûèùëï",
    "de": "ßäöü",
    "es": "ñ¿¡",
    "pt": "ãõ",
    "pl": "łąęśźżć",
    "cs": "řěůť",
    "sv": "åäö",
    "da": "æøå",
    "no": "æøå",
    "fi": "äö",
    "ro": "țșă",
    "hu": "őű",
    "tr": "ğışİ",
    "vi": "ạảấầẩậắằẳặẹẻếềểệịỉọỏốồổộớờởợụủứừửựỳỵđươ",
    "ca": "·",
    "it": "ìò",
}
