"""The most frequent words of languages, and letters that few of them use. Data only."""

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

_MORE_WORDS = {
    "en": (
        "hey lol yeah yep nope ok okay thx pls sorry sure cool nice great sounds good today tonight"
        " tomorrow monday week again already still never always back got make think know want need see"
        " tell ask send link meeting later maybe really anyone someone everyone something nothing happy"
        " birthday works broken time night morning new way too much many over after before down off going"
        " gonna wanna i'll we'll i've doesn't isn't can't that's what's let's"
    ),
    "fr": (
        "salut coucou mdr ouais ok d'accord stp svp désolé super cool génial aujourd'hui demain soir"
        " lundi semaine encore déjà toujours jamais peux peut veux veut faut va vas vais vont sais sait"
        " crois pense dit dire voir fais faire marche lien réunion heure peut-être vraiment quelqu'un"
        " personne rien chose chez moi toi lui eux leur après avant trop peu deux idée parfait bon bonne"
        " ça t'as n'est n'ai j'étais qu'on s'il aucune"
    ),
    "de": (
        "hey na moin jo jep nee ok okay klar alles super cool prima sorry entschuldigung abend montag"
        " woche wieder schon immer nie kann kannst könnt können will willst muss musst müssen soll sollen"
        " weiß glaube glaub denke sag sagen mach machen geht gehts läuft gibt link treffen uhr vielleicht"
        " wirklich jemand niemand nichts etwas uns euch ihm ihnen nach mal doch eben halt gleich da hier"
        " dort dann denn also ganz viel zwei neue neuen hab hatte wäre würde"
    ),
    "es": (
        "hey vale ok claro jajaja jaja porfa favor perdón genial perfecto buenas buenos noche noches"
        " mañana lunes semana otra vez nunca siempre puedo puedes puede quiero quieres tengo tienes tiene"
        " hace haces creo sé sabes dime mira voy vas va vamos funciona enlace reunión hora quizás alguien"
        " nadie nada algo aquí ahí allí ahora luego después antes tampoco entonces pues eso esa nos les te"
        " mis tus sus dos mejor idea cuál quién quien cuando donde"
    ),
    "pt": (
        "oi opa kkk kkkk rsrs tá tô pra pro blz beleza valeu obrigada desculpa legal ótimo perfeito manhã"
        " noite amanhã segunda semana vez nunca sempre posso pode quero quer tenho acho sei sabe diz fala"
        " olha vou vai vamos funciona link reunião hora horas talvez alguém ninguém nada algo aqui ali"
        " agora depois antes então pois né cê gente te me meus suas dois melhor ideia quem qual quê vocês"
        " estou estava fazendo fiz"
    ),
    "it": (
        "ehi ok va d'accordo scusa scusate figo perfetto certo buongiorno buonasera sera stasera domani"
        " lunedì settimana ancora già sempre mai posso puoi può voglio vuoi devo devi so sai credo penso"
        " dici dimmi fai fa fare vado vai andiamo funziona riunione ora ore forse davvero qualcuno nessuno"
        " niente qualcosa qui lì adesso dopo prima neanche allora poi quindi cioè boh mica solo tutto"
        " tutti due idea c'è dov'è cos'è un'altra l'ho ne suo sua nostro"
    ),
    "nl": (
        "hoi hey oké prima top leuk sorry graag vandaag vanavond morgen maandag week weer al altijd nooit"
        " kun kunnen kunt wil wilt moet moeten mag weet denk zeg zeggen doe doen doet gaat ga werkt link"
        " vergadering uur misschien echt iemand niemand niets iets hier daar nu straks later eerst wel"
        " even nog eens laat mij jou haar ons jullie twee nieuwe heel veel beetje beter idee wanneer welke"
        " was waren geweest gedaan"
    ),
    "sv": (
        "hejsan tjena okej toppen kul grymt förlåt idag ikväll imorgon måndag vecka igen redan alltid"
        " aldrig vill måste får vet tror tycker säga gör göra går fungerar funkar länk länken möte mötet"
        " klockan kanske verkligen någon ingen inget något nu sen sedan först bara lite två nya bättre idé"
        " vem vilken vilka varit gjort strax heller oss er dem henne honom väl ju åt blir blev utan"
    ),
    "da": (
        "hejsa okay fint fedt undskyld idag aften morgen mandag uge igen allerede altid aldrig vil må få"
        " ved tror synes sige gør gøre går virker link møde mødet klokken måske virkelig nogen ingen intet"
        " noget nu først bare lidt to nye bedre idé hvem hvilken hvilke hvornår været gjort heller os jer"
        " dem hende ham jo bliver uden hvis selv mange kommer lige spørg"
    ),
    "no": (
        "heisann okei ok flott kult gøy beklager idag kveld kvelden morgen mandag uke igjen allerede"
        " alltid aldri vil må få vet tror synes si sier gjør gjøre går virker funker fungerer lenke lenken"
        " møte møtet klokka klokken kanskje virkelig noen ingen ingenting noe nå først bare litt to nye"
        " bedre idé hvem hvilken hvilke vært gjort heller oss dere dem henne ham jo blir uten hvis selv"
        " mange kommer spør ikkje eg"
    ),
    "fi": (
        "hei moikka okei selvä hieno kiva anteeksi tänään illalla huomenna maanantai viikko taas jo aina"
        " ikinä koskaan voi voin voit voitko haluan täytyy pitää tiedän tiedä luulen sanoo teen tekee"
        " menee toimii linkki palaveri kello ehkä oikeasti joku kukaan mitään jotain täällä siellä tuolla"
        " heti kohta ensin vähän paljon kaksi uusi parempi kuka milloin minusta sinulla minulla mulla"
        " sulla mun sun oot oon onko eikö enää vielä varmaan saa"
    ),
    "pl": (
        "hej siema spoko ok okej super fajnie sorry przepraszam proszę dzięki dzisiaj dziś wieczorem"
        " jutro poniedziałek tydzień znowu zawsze nigdy mogę możesz chcę chcesz muszę musisz wiem wiesz"
        " myślę mówię mówi robi robię idzie działa link spotkanie godzinie chyba naprawdę ktoś nikt nic"
        " coś tu tutaj tam teraz zaraz potem najpierw trochę dużo dwa nowy lepiej kto który która mnie mi"
        " cię ci go jej nam was ich też bo by żeby więc u"
    ),
    "cs": (
        "čau jasně super dobrý promiň prosím díky dnes dneska večer zítra pondělí týden zase vždy nikdy"
        " můžu můžeš chci chceš musím musíš vím víš nevím myslím říká dělá dělám jde funguje odkaz schůzka"
        " hodin asi opravdu někdo nikdo nic něco tady tam teď hned potom nejdřív trochu hodně dva nový"
        " lepší kdo mě mi tě ti ho jí nám vás jim taky takže protože aby když bych u jo jsme jste bude"
        " budu"
    ),
    "ro": (
        "salut ok perfect scuze mersi azi astăzi diseară mâine luni săptămâna iar deja mereu niciodată"
        " pot poți poate vreau vrei trebuie știu știi cred spune zice fac face merge link întâlnire ora"
        " chiar cineva nimeni nimic ceva aici acolo acum apoi puțin mult două nou cine mie mă te îl îi ne"
        " vă lor așa nu-i l-am m-am ți îmi"
    ),
    "hu": (
        "helló sziasztok oké persze szuper bocs köszi kösz ma este holnap hétfő hét megint mindig soha"
        " tudok tudsz tud akarok kell lehet tudom hiszem gondolom mondja csinál megy működik link"
        " találkozó óra talán tényleg valaki senki semmi valami itt ott most majd először kicsit sok két"
        " új jobb melyik nekem neked vele hozzá se sem akkor ezért mert van-e nincs voltam legyen"
    ),
    "tr": (
        "selam slm tamam süper harika pardon kusura bakma lütfen sağ ol bugün akşam yarın pazartesi hafta"
        " yine zaten hep hiç lazım istiyorum biliyorum bilmiyorum sanırım bence diyor yapıyor gidiyor"
        " çalışıyor çalışmıyor link toplantı saat belki gerçekten biri kimse hiçbir burada orada şimdi"
        " sonra önce biraz iki yeni kim hangi bana sana ona bize size bende ki ya işte hadi mı mu mü ise"
        " eğer"
    ),
    "id": (
        "hai oke ok sip mantap maaf tolong makasih hari malam besok senin minggu lagi selalu pernah nggak"
        " gak enggak tahu tau mau harus boleh pikir bilang bikin jalan link rapat jam mungkin benar"
        " seseorang siapa sini situ sekarang nanti dulu sedikit banyak dua baru lebih kapan dimana kenapa"
        " gimana aku kita kalian dong sih deh kok aja saja masih belum kalau jadi tapi punya sama buat"
    ),
    "vi": (
        "ừ ok rồi mình tớ cậu nhé nha ạ hôm nay tối mai thứ hai tuần lại luôn chưa bao giờ biết nghĩ nói"
        " làm chạy họp lúc mấy thể thật ai đâu đó đây bây sau trước chút nhiều mới hơn sao vẫn nữa thì mà"
        " hay nên vì cần muốn phải"
    ),
    "ca": (
        "ei d'acord perfecte genial perdó avui vespre demà dilluns setmana altra vegada sempre mai puc"
        " pots vull vols has saps sé crec diu fas faig va funciona reunió hora potser algú ningú res"
        " alguna aquí allà ara després abans poc dos nova millor qui quina em et li ens us això aquests"
        " doncs també tinc té està estic"
    ),
    "ru": (
        "и не на что как это я он она мы вы привет спасибо нет да есть кто у меня тебя тоже уже ещё еще"
        " опять все почему когда где надо можно сегодня сейчас думаю ладно хорошо отлично только очень"
        " чтобы если без знаю понятия так вот ну же бы мне тебе работает скоро лучше"
    ),
    "uk": (
        "і й не на що як це я він вона ми ви привіт дякую ні так є хто у мене тебе теж вже ще знову все"
        " чому коли де треба можна сьогодні зараз думаю гаразд добре чудово тільки дуже щоб якщо без знаю"
        " цей та але мені тобі працює скоро краще був була"
    ),
    "bg": (
        "и не на че как това аз той тя ние вие здравей здрасти благодаря мерси да кой при мен теб също"
        " вече още пак всичко защо кога къде трябва може днес сега мисля добре супер само много ако без"
        " знам съм са се от ще има няма този работи по-добре ли ми"
    ),
}
CHAT_WORDS: dict[str, frozenset[str]] = {
    code: SMALL_WORDS.get(code, frozenset()) | frozenset(words.split()) for code, words in _MORE_WORDS.items()
}
"""The small words, and the most frequent words of chats: what tells languages apart in a short line."""

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
    "uk": "іїєґ",
    "ru": "ыэё",
    "fa": "پچژگکی",
}
