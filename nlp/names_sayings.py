"""What is said of people and hardly of anything else. All are keys, as the gazetteer has them."""

from __future__ import annotations

from nlp.names_context import LINKS, MONTHS, word_set

#: 'X doesn't', 'X won't': as much as a deed.
DENIALS = word_set(
    """
    doesn't doesnt didn't didnt won't wont wouldn't wouldnt can't cant cannot couldn't couldnt
    hasn't hasnt hadn't hadnt
    """
)
#: 'X will be missed', 'X would cover'.
INTENTIONS = word_set("will would can could should must might")

#: Where a person is: 'X is on nights', 'X was off sick'.
ABSENT = word_set(
    """
    holiday leave nights days duty shift shifts maternity paternity annual sick break placement
    lates earlies call secondment
    """
)

#: What is good with somebody: 'X is very good with the students'.
SKILLED = word_set("good great brilliant gentle patient kind lovely strict honest")

#: Words that go before a given name and make one of it: 'Big Kev', 'Mama Titi', 'Kuya Ronnie'.
NICKNAMED = word_set(
    """
    big little tiny wee tall lil fat skinny young old mad crazy lanky ginger bald
    mama papa mamma nana nanna grandma grandpa mummy kuya ate tita tito lola lolo manang manong
    chechi chetta chettan didi bhai bhaiya bhabhi baba aunty auntie uncle tia tio pani pan
    oga madam mzee hajji hajja alhaji alhaja imam pastor canon rabbi captain sergeant cllr
    """
)
#: Of these, titles: in small letters too, hardly anything but a name follows.
HONORIFICS = word_set(
    """
    mama papa kuya tita tito manang manong chechi chetta chettan didi bhai bhaiya bhabhi aunty
    auntie uncle mzee hajji hajja alhaji alhaja imam pastor rabbi cllr
    """
)
#: Of these, what goes with the name in small letters too: 'big dave'.
NICKNAMED_SMALL = HONORIFICS | word_set("big little wee tall lil ginger skinny")

#: Words that are given names, stand before a family name, and are no verbs: 'precious moyo'.
VIRTUES = word_set(
    """
    precious gift patience mercy charity bright prosper providence wisdom fortune treasure
    beloved blessed unity purity victory glory joy grace destiny faith angel gladness confidence
    loveness happiness goodness memory innocent knowledge talent evidence obvious marvellous
    marvelous lovely blessing comfort prince princess royal sunny favour favor perfect sincere
    honesty justice liberty harmony rejoice summer dawn rose amber ruby jade crystal pearl
    queen king shiny sweety merry jolly smiley princy lucky trinity heaven loyal
    """
)

#: 'Nurse Ward', 'Sister Bay': said with a capital to one person.
CALLED_BY_TITLE = word_set("sister matron nurse sr doctor")

#: Letters with stops after each that are no person.
NOT_INITIALS = word_set("uk us eu ie eg am pm na nb ps hr it ot ed ae rn id tv gp qa pi pa pt po")

#: 'the Kargbo sisters'
KIN = word_set("sisters brothers twins family girls boys")

#: After 'will' or 'may' these show that it was no verb: 'will is off', 'may told me'.
FINITE = word_set(
    """
    will would could should is was has does did said says told tells asked asks showed shows
    helped helps explained explains taught teaches knows knew thinks thought works worked runs
    ran went goes came comes made makes took takes gave gives kept keeps covered covers left leaves
    """
)
#: What one does with something before it goes to a person: 'reported it to X'.
HANDED = word_set(
    """
    reported raised gave handed sent passed escalated took mentioned showed introduced emailed
    referred forwarded reporting handing raising sending submitted
    """
)
#: 'I think X should'
THOUGHT = word_set("think thought believe wish hear heard says said suspect doubt reckon suppose")

#: What is done to people only: 'X was left alone', 'X is told'.
DONE_TO = word_set(
    """
    left told asked bullied sacked promoted taught blamed refused interviewed suspended seconded
    redeployed hired trained mentored shouted ignored born
    """
)
#: What two people do, and two ideas do not: 'Summer and Dawn run reception'.
PLURAL_DEEDS = word_set(
    "run lead cover share organise teach train swapped told joined retired helped work trained run sing"
)
#: Verbs and the like that own nothing unless they are names: "drew's shoulder".
NO_OWNERS = word_set(
    "drew will sue rob pat bob jack bill mark frank rich nick wade precious bright sunny may sincere"
)
#: Words that are names, and as words open a sentence before 'is'.
OPENERS = word_set(
    """
    memory privilege virtue journey honey forest lake river heaven haven testimony witness
    bravery felicity lotus bond belle beauty tad dick levy agency ash bee bond temperance
    """
)

#: What only somebody can do or not do: 'X will cover', 'X won't listen'.
ANIMATE = word_set(
    """
    answer listen ask know care help speak talk reply like want do turn understand think wear
    eat cover sort fix tell say teach train let shout smile apologise try manage sit walk write
    sign call ring phone email remember forget believe agree see hear attend deal
    """
)
#: Words for one person, that say what the one before them is.
ONE_PERSON = word_set("he she his her him hers herself himself hes shes he's she's")

#: Before 'will' these show the same: 'left to will', 'and will from pharmacy'.
BEFORE_PERSON = word_set("to with from by for about than like")

#: What follows one who is asked: 'asked may whether'.
ASKED_WHAT = word_set("if whether to about why when how what for and or")

PRESENT = {
    *(("in", "charge"), ("off", "sick"), ("off", "today"), ("off", "work")),
    *(("on", "her"), ("on", "his"), ("at", "university"), ("at", "college")),
}
GONE = {
    *(("gone", "back"), ("gone", "home"), ("gone", "off"), ("gone", "part"), ("left", "us")),
    *(("left", "the"), ("left", "for"), ("moved", "to"), ("worked", "here"), ("worked", "in")),
    *(("worked", "on"), ("worked", "with"), ("done", "more"), ("taught", "me"), ("taught", "us")),
}
ASKING = word_set("is was has does did can could would will why when")
ASKED_OF = word_set("on off back ok okay ever still always allowed alright aware gone left get gets")
#: What is done and no name after 'to': 'handed me a line to chase'.
TO_DO = word_set(
    "hope chase mark pat bill grant trust support praise cook page rush nick rob promise sue wade hunt "
    "may will guy marry trace foster ward comfort progress"
)
CALLED = word_set(
    "star legend gem angel one only reason kindest asset inspiration bully nightmare credit best "
    "delight pleasure"
)
#: 'handed over to X', 'gave it to X'
LIKENED = word_set("people someone nurses managers staff leaders seniors colleagues carers more others one")
ABBREVIATED = {("i", "e"), ("e", "g"), ("a", "m"), ("p", "m"), ("n", "b"), ("p", "s")}
EVES = word_set("year years christmas xmas the on")
OBJECTS = word_set("the a an my our us me everyone it out up everything his her no all for")
BETWEEN = word_set(
    "loads lots much more most nothing everything something me us him her them it up in out over on "
    "down through back off"
)
AFTER_PHRASE = LINKS | word_set(
    "for who in on at from about when because as but with is was were are again today yesterday over "
    "tomorrow directly if to that why how what where i we he she they after before until since last "
    "every this most all each twice once often now weekly daily sometimes next and so too"
)
ALL_MONTHS = MONTHS | word_set("january february march july september october november december")
FAINT_DEEDS = word_set(
    "has had does goes gets works came comes worked always never makes made takes took left goes "
    "went puts put keeps kept seems runs ran leads led gets needs starts started begins began"
)
