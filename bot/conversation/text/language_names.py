"""What languages are called in the other big languages. Data only.

A line a language: its code, then its names in Spanish, French, German, Portuguese, Italian, Dutch, Russian,
Japanese and Chinese, and others that people use.
"""

from __future__ import annotations

_NAMES = """
af afrikaans, africâner, afrikáans, afrikaans, африкаанс, アフリカーンス語, 南非语
ar árabe, arabe, Arabisch, arabo, арабский, アラビア語, 阿拉伯语, 阿拉伯文
be bielorruso, biélorusse, Weißrussisch, Belarussisch, bielorrusso, bielorusso, Wit-Russisch, белорусский, ベラルーシ語, 白俄罗斯语
bg búlgaro, bulgare, Bulgarisch, bulgaro, Bulgaars, болгарский, ブルガリア語, 保加利亚语
bn bengalí, bengali, Bengalisch, bengalês, bengalese, Bengaals, бенгальский, ベンガル語, 孟加拉语, Bangla
ca catalán, catalan, Katalanisch, catalão, catalano, Catalaans, каталанский, カタロニア語, 加泰罗尼亚语, valencià
cs checo, tchèque, Tschechisch, tcheco, checo, ceco, Tsjechisch, чешский, チェコ語, 捷克语
da danés, danois, Dänisch, dinamarquês, danese, Deens, датский, デンマーク語, 丹麦语
de alemán, allemand, alemão, tedesco, Duits, немецкий, ドイツ語, 德语, 德文, niemiecki, Almanca, tyska, tysk, tysk, saksa, 독일어, الألمانية
el griego, grec, Griechisch, grego, greco, Grieks, греческий, ギリシャ語, 希腊语
en inglés, anglais, Englisch, inglês, inglese, Engels, английский, 英語, 英语, 英文, angielski, İngilizce, engelska, engelsk, englanti, 영어, الإنجليزية
es espagnol, Spanisch, espanhol, spagnolo, Spaans, испанский, スペイン語, 西班牙语, 西班牙文, hiszpański, İspanyolca, spanska, spansk, espanja, 스페인어, الإسبانية
et estonio, estonien, Estnisch, estoniano, estone, Ests, эстонский, エストニア語, 爱沙尼亚语
eu vasco, euskera, basque, Baskisch, basco, баскский, バスク語, 巴斯克语
fa persa, persan, Persisch, persiano, Perzisch, персидский, ペルシア語, 波斯语
fi finlandés, finés, finnois, Finnisch, finlandês, finlandese, Fins, финский, フィンランド語, 芬兰语
fr francés, Französisch, francês, francese, Frans, французский, フランス語, 法语, 法文, francuski, Fransızca, franska, fransk, ranska, 프랑스어, الفرنسية
ga irlandés, irlandais, Irisch, irlandês, irlandese, Iers, ирландский, アイルランド語, 爱尔兰语, Gaeilge
gl gallego, galicien, Galicisch, galego, galiziano, галисийский, ガリシア語, 加利西亚语
he hebreo, hébreu, Hebräisch, hebraico, ebraico, Hebreeuws, иврит, ヘブライ語, 希伯来语
hi hindi, indi, хинди, ヒンディー語, 印地语
hr croata, croate, Kroatisch, croato, хорватский, クロアチア語, 克罗地亚语
hu húngaro, hongrois, Ungarisch, ungherese, Hongaars, венгерский, ハンガリー語, 匈牙利语
id indonesio, indonésien, Indonesisch, indonésio, indonesiano, индонезийский, インドネシア語, 印尼语, 印度尼西亚语
is islandés, islandais, Isländisch, islandês, islandese, IJslands, исландский, アイスランド語, 冰岛语
it italien, Italienisch, Italiaans, итальянский, イタリア語, 意大利语, 意大利文, włoski, İtalyanca, italienska, italia, 이탈리아어, الإيطالية
ja japonés, japonais, Japanisch, japonês, giapponese, Japans, японский, 日语, 日文, japoński, Japonca, japanska, japani, 일본어, اليابانية
ko coreano, coréen, Koreanisch, Koreaans, корейский, 韓国語, 韩语, 韩文, koreański, Korece, الكورية
lt lituano, lituanien, Litauisch, Litouws, литовский, リトアニア語, 立陶宛语
lv letón, letton, Lettisch, letão, lettone, Lets, латышский, ラトビア語, 拉脱维亚语
ms malayo, malais, Malaiisch, malaio, malese, Maleis, малайский, マレー語, 马来语
nl neerlandés, holandés, néerlandais, hollandais, Niederländisch, Holländisch, holandês, olandese, нидерландский, голландский, オランダ語, 荷兰语
no noruego, norvégien, Norwegisch, norueguês, norvegese, Noors, норвежский, ノルウェー語, 挪威语
pl polaco, polonais, Polnisch, polonês, polacco, Pools, польский, ポーランド語, 波兰语
pt portugués, portugais, Portugiesisch, portoghese, Portugees, португальский, ポルトガル語, 葡萄牙语, 葡萄牙文, portugalski, Portekizce, portugisiska, 포르투갈어, البرتغالية
ro rumano, roumain, Rumänisch, romeno, rumeno, Roemeens, румынский, ルーマニア語, 罗马尼亚语
ru ruso, russe, Russisch, russo, ロシア語, 俄语, 俄文, rosyjski, Rusça, ryska, venäjä, 러시아어, الروسية
sk eslovaco, slovaque, Slowakisch, eslovaco, slovacco, Slowaaks, словацкий, スロバキア語, 斯洛伐克语
sl esloveno, slovène, Slowenisch, sloveno, Sloveens, словенский, スロベニア語, 斯洛文尼亚语
sq albanés, albanais, Albanisch, albanês, albanese, Albanees, албанский, アルバニア語, 阿尔巴尼亚语
sr serbio, serbe, Serbisch, sérvio, serbo, Servisch, сербский, セルビア語, 塞尔维亚语, srpski
sv sueco, suédois, Schwedisch, svedese, Zweeds, шведский, スウェーデン語, 瑞典语
sw suajili, Kisuaheli, suaíli, суахили, スワヒリ語, 斯瓦希里语
ta tamil, tamoul, Tamilisch, тамильский, タミル語, 泰米尔语
th tailandés, thaï, Thailändisch, tailandês, tailandese, Thais, тайский, タイ語, 泰语
tl tagalo, tagal, тагальский, タガログ語, 菲律宾语, Filipino
tr turco, turc, Türkisch, Turks, турецкий, トルコ語, 土耳其语
uk ucraniano, ukrainien, Ukrainisch, ucraino, Oekraïens, украинский, ウクライナ語, 乌克兰语
ur ourdou, урду, ウルドゥー語, 乌尔都语
vi vietnamien, Vietnamesisch, vietnamita, Vietnamees, вьетнамский, ベトナム語, 越南语
zh chino, chinois, Chinesisch, chinês, cinese, Chinees, китайский, 中国語, 汉文, chiński, Çince, kinesiska, kinesisk, kiina, 중국어, الصينية
"""  # fmt: skip # noqa: E501

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    line[:2]: tuple(dict.fromkeys(name.strip() for name in line[3:].split(",")))
    for line in _NAMES.strip().splitlines()
}
