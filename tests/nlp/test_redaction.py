"""Names, contact details and numbers go; the words of the trade stay."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp.redaction import MARKS, Redactor
from surveyapp.comments import words


def redact(redactor: Redactor, text: str) -> str:
    return redactor.redact(text).text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Dr Okafor never listens.", "[name] never listens."),
        ("Sister Mary runs a tight ward.", "Sister [name] runs a tight ward."),
        ("Thanks to Priya for all the help on shift.", "Thanks to [name] for all the help on shift."),
        ("thanks to priya for the help", "thanks to [name] for the help"),
        ("Shout out to Tom and Siobhan on nights", "Shout out to [name] and [name] on nights"),
        ("Our matron, Blessing, is always there", "Our matron, [name], is always there"),
        ("Yusuf is the best mentor I have had", "[name] is the best mentor I have had"),
        ("I asked Mr. O'Neill-Smith twice", "I asked [name] twice"),
        ("My manager Agnieszka Kowalska is brilliant", "My manager [name] is brilliant"),
        ("my manager qumaralayn is brilliant", "my manager [name] is brilliant"),
        ("priya, tom and kasia helped", "[name], [name] and [name] helped"),
        ("J. Smith and Dr. O signed it", "[name] and [name] signed it"),
        ("priya's advice", "[name]'s advice"),
        ("Adaeze-Marie and Nic Dhomhnaill", "[name] and [name]"),
        ("Ask Rhys ap Gruffydd or Pieter van der Merwe", "Ask [name] or [name]"),
        ("Thanks to Hope, and I asked Mark and Will", "Thanks to [name], and I asked [name] and [name]"),
        ("PRIYA NEVER GETS THANKED BY THE WARD", "[name] NEVER GETS THANKED BY THE WARD"),
    ],
)
def test_names_go(redactor: Redactor, text: str, redacted: str) -> None:
    assert redact(redactor, text) == redacted


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Email jo.bloggs@nhs.net please", "Email [email] please"),
        ("jo.bloggs at nhs dot net", "[email]"),
        ("Ring 07700 900123 any time", "Ring [phone] any time"),
        ("Ring (0161) 496-0000, ext. 4521", "Ring [phone], ext. [phone]"),
        ("Ring +44 (0)7911 123456 any time", "Ring [phone] any time"),
        ("whatsapp +234 803 123 4567", "whatsapp [phone]"),
        ("T:01632 960001/07700.900.123", "T:[phone]/[phone]"),
        ("+63-917-123-4567 +1 (415) 555-2671", "[phone] [phone]"),
        ("943.476.5919", "[NHS number]"),
        ("tweet me at nurse_k.", "tweet me at [handle]."),
        ("patient 943 476 5919 was moved", "patient [NHS number] was moved"),
        ("123 456 7890 is what I wrote", "[NHS number] is what I wrote"),
        ("NI qq 12 34 56 c", "NI [NI number]"),
        ("I live at sw1a 1aa", "I live at [postcode]"),
        ("see https://example.org/a?b=c.", "see [link]."),
        ("see mytrust.nhs.uk/rota", "see [link]"),
        ("find me @nurse_k99", "find me [handle]"),
        ("insta: nurse_k99", "insta: [handle]"),
        ("text o7700 9oo 123", "text [phone]"),
        ("see south-ward.nhs.example/apply, please", "see [link], please"),
    ],
)
def test_contact_details_and_numbers_go(redactor: Redactor, text: str, redacted: str) -> None:
    assert redact(redactor, text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "I filled in a Datix and heard nothing.",
        "Band 5 to Band 6 in June. Early May and 3 April were bad.",
        "The NHS is on its knees. Ward 7 and Willow Ward are short.",
        "Preceptorship was great. Schwartz rounds help. Oliver McGowan training done. Mentoring too.",
        "Appraisal in March. The CQC came. ESR is slow.",
        "Dr told me. Nurse in charge was kind. Sister on the ward.",
        "Ordered 1234567890 gloves, 12 hour shifts 2019-2023, 01/02/2023 0700-1930",
        "Speak to Nurse Manager about it. Somebody listened. See you @ work @7am",
        "Will it change? I hope for frank feedback. Mark my assignment. Ham and egg, what a joy.",
        "My manager will not listen and may never. We bill, chase, sue and rob nobody.",
        "Great Place To Work With Good Management",
        "sooooo tired, zzzzz, hmmmm, grrrr",
        "é" * 1000,
        "مرحبا كيف حالك اليوم",
        "Дякую всім колегам за допомогу",
        "Mae'r tîm yn gweithio'n galed ond does dim digon o staff i wneud y gwaith yn iawn",
        "Zespół jest wspaniały, ale szkolenia są zawsze odwoływane z powodu braków kadrowych",
        "My twitter is great. Follow me at work. On 12-10-2022 and 15-10-2022 0700-1930 0730 2000 0730",
        "Parkinson's, Crohn's and the Braden score; St Mary's and Queen Elizabeth Hospital.",
    ],
)
def test_words_of_the_trade_stay(redactor: Redactor, text: str) -> None:
    assert redact(redactor, text) == text


def test_finds_are_told_by_kind_and_by_place_in_the_original(redactor: Redactor) -> None:
    text = "Dr Okafor and Dr Shah: a@nhs.net"
    redacted = redactor.redact(text)
    assert redacted.counts == (("EMAIL_ADDRESS", 1), ("PERSON", 2))
    assert [text[r.start : r.end] for r in redacted.removed] == ["Dr Okafor", "Dr Shah", "a@nhs.net"]


def test_a_text_redacted_before_keeps_its_marks(redactor: Redactor) -> None:
    text = " ".join([*MARKS.values(), "[removed] thanks to [name] and [handle]"])
    assert redactor.redact(text).removed == ()


def test_a_reviewer_sees_every_mark_as_one_piece() -> None:
    for mark in MARKS.values():
        assert [piece.number for piece in words.pieces(f"{mark}")] == [None]


def test_what_stands_late_in_a_long_text_goes(redactor: Redactor) -> None:
    text = "We were short again. " * 50_000 + "Ring 07700 900123 or Priya."
    assert redact(redactor, text).endswith("Ring [phone] or [name].")


@pytest.mark.parametrize(
    "unit",
    [
        "a", "A", "a.", "a-", "1", "1 ", "@", "a@", "a.a@", "x at ", "(0)", "+", "www.", "u/", "\x00", "É",
        "Aa ", "priya, ", "Priya and ", "o'", "van der ", "Zqa, ", "[name] ", "a@b.c 07700900123 ", "👩🏾‍⚕️",
        "張", "J. ", "Dr ", "thanks to ", "insta ", "AB12", "e1 1a", "\u0301", "\u202e", "priya\n",
        "1.", "1-", "0 1234 ", "a#1234", "+1", "A B ",
    ],
)  # fmt: skip
def test_a_long_text_of_anything_is_read(redactor: Redactor, unit: str) -> None:
    text = unit * (200_000 // len(unit))
    redacted = redactor.redact(text)
    assert all(0 <= r.start < r.end <= len(text) for r in redacted.removed)


_PIECES = (
    "Priya priya Will will Dr dr. J. O'Brien de-la van and , . - ' thanks to my manager 07700 900123 "
    "943.476.5919 9434765919 +44 (0) 07700-900123 #1234 "
    "@kas a@b.uk [name] [ ] www.x.uk SW1A 1AA QQ123456C in May ! \n 👍 é \u0301 \x00 ’s"
)
PIECES = st.sampled_from(_PIECES.split(" "))
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.lists(PIECES, max_size=25).map(" ".join),
    st.lists(PIECES, max_size=25).map("".join),
)


@example("ALi Dr.A")
@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_marks_stand_where_something_was_and_the_rest_is_as_it_was(redactor: Redactor, text: str) -> None:
    redacted = redactor.redact(text)
    rebuilt, end = "", 0
    for removal in redacted.removed:
        assert end <= removal.start < removal.end <= len(text)
        rebuilt += text[end : removal.start] + MARKS[removal.kind]
        end = removal.end
    assert redacted.text == rebuilt + text[end:]
    again = redactor.redact(redacted.text).text
    for mark in MARKS.values():
        assert again.count(mark) >= redacted.text.count(mark)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=6), st.integers(1, 4), st.randoms())
def test_a_text_is_redacted_alike_in_any_company(
    redactor: Redactor, texts: list[str], batch: int, random: object
) -> None:
    together = list(redactor.redact_all(texts, batch_size=batch))
    backwards = list(redactor.redact_all(reversed(texts), batch_size=6))
    assert together == [Redactor.redact(redactor, text) for text in texts]
    assert together == backwards[::-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 999_999_999), st.sampled_from(["{}", "({}).", "no. {}, yes", "a\n{}"]))
def test_every_valid_nhs_number_goes(redactor: Redactor, stem: int, frame: str) -> None:
    digits = f"{stem:09d}"
    check = 11 - sum(int(d) * w for d, w in zip(digits, range(10, 1, -1), strict=True)) % 11
    if check == 10 or len(set(digits)) == 1 or digits[0] == "0":
        return  # no such number is given out
    number = digits + str(check % 11)
    assert number not in redact(redactor, frame.format(number))
