"""What the lint says of the words of questions (B6)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveyapp.instruments.lint import MOST_WORDS, TEXT_SCALE, Rule, lint, same_words
from surveyapp.instruments.services import load_library

AGREE, OFTEN = "agree5", "freq5"

#: The machine may be busy: how long an example takes says nothing here.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

#: Words that break no rule in a statement, whatever their order.
_HARMLESS = ("we", "learn", "here", "my", "team", "can", "ask", "for", "help", "at", "work", "each", "day")

_statements = st.lists(st.sampled_from(_HARMLESS), min_size=1, max_size=MOST_WORDS).map(" ".join)


def errors(text: str, scale: str = AGREE, **more: str) -> set[Rule]:
    return {finding.rule for finding in lint(text, scale=scale, **more).errors}  # type: ignore[arg-type]


def warnings(text: str, scale: str = AGREE, **more: str) -> set[Rule]:
    return {finding.rule for finding in lint(text, scale=scale, **more).warnings}  # type: ignore[arg-type]


def test_the_shipped_library_passes_its_own_lint() -> None:
    library = load_library()
    shipped = [
        *((item.id, item.text, item.scale) for item in (*library.items.values(), library.follow_up)),
        *((prompt.id, prompt.text, TEXT_SCALE) for prompt in library.prompts.values()),
    ]
    found = {}
    for code, text, scale in shipped:
        others = [(other, words) for other, words, _ in shipped if other != code]
        found[code] = lint(text, scale=scale, others=others)
    assert {code: one.errors for code, one in found.items() if one.errors} == {}
    # What it warns of can be counted on one hand, so a warning means something.
    assert {code for code, one in found.items() if one.warnings} == {"REC3"}


@pytest.mark.parametrize(
    ("text", "scale", "rule"),
    [
        ("I can learn and rest.", AGREE, Rule.ONE_IDEA),
        ("I can learn OR rest.", AGREE, Rule.ONE_IDEA),
        ("I can learn and/or rest.", AGREE, Rule.ONE_IDEA),
        ("My team/ward helps me.", AGREE, Rule.ONE_IDEA),
        ("Help & advice reach me.", AGREE, Rule.ONE_IDEA),
        ("I can not learn.", AGREE, Rule.NEGATION),
        ("I cannot learn.", AGREE, Rule.NEGATION),
        ("I don't learn.", AGREE, Rule.NEGATION),
        ("I don’t learn.", AGREE, Rule.NEGATION),
        ("Never was it better.", AGREE, Rule.NEGATION),
        ("Nobody helps me.", AGREE, Rule.NEGATION),
        ("Do I learn here?", AGREE, Rule.ENDING),
        ("I learn here", AGREE, Rule.ENDING),
        ("I learn here!", AGREE, Rule.ENDING),
        ("I learn often.", OFTEN, Rule.ENDING),
        ("Did you learn?", OFTEN, Rule.ENDING),
        ("What helps you", TEXT_SCALE, Rule.ENDING),
        ("Dr Jones helps me.", AGREE, Rule.NAME),
        ("Mrs. Patel helps me.", AGREE, Rule.NAME),
        ("Write to help@example.org.", AGREE, Rule.NAME),
        ("What is your name?", TEXT_SCALE, Rule.WHO),
        ("Which ward do you work on?", TEXT_SCALE, Rule.WHO),
        ("Tell us your e-mail.", TEXT_SCALE, Rule.WHO),
        ("Who are you?", TEXT_SCALE, Rule.WHO),
        ("…", AGREE, Rule.LENGTH),
    ],
)
def test_what_must_be_put_right(text: str, scale: str, rule: Rule) -> None:
    assert rule in errors(text, scale)


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("I can ask for help.", AGREE),
        ("My hand is held; orders are clear.", AGREE),  # 'and' and 'or' inside words
        ("The notice board in the canteen is up to date.", AGREE),  # 'not' and 'no'
        ("I know who leads L&D here.", AGREE),  # a short name, not two things
        ("In the last 3 months, how often did you rest?", OFTEN),
        ("How often do you learn?", OFTEN),
        ("What helps you?", TEXT_SCALE),
        ("Which team helps you most?", TEXT_SCALE),
        ("Tell us what helps you.", TEXT_SCALE),
    ],
)
def test_what_is_right(text: str, scale: str) -> None:
    found = lint(text, scale=scale)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("My job is hard.", Rule.REVERSED),
        ("I lack time.", Rule.REVERSED),
        ("I worry at work.", Rule.REVERSED),
        ("Learning matters. It is valued.", Rule.ONE_IDEA),
        ("We use Datix well.", Rule.NAME),
        ("Organisational development opportunities demonstrate commitment.", Rule.GRADE),
    ],
)
def test_what_only_a_person_can_tell(text: str, rule: Rule) -> None:
    found = lint(text, scale=AGREE)
    assert rule in {finding.rule for finding in found.warnings}
    assert found.errors == ()


def test_what_stands_in_a_condition_is_no_claim() -> None:
    assert warnings("I know who to go to if I find things hard.") == set()
    assert warnings("If I am worried about care, I feel able to say so.") == set()
    assert warnings("If I learn, my job is hard.") == {Rule.REVERSED}


def test_an_open_question_may_ask_what_is_hard() -> None:
    assert warnings("What is hard at work?", TEXT_SCALE) == set()


@pytest.mark.parametrize("text", ["I learn in the NHS.", "I'm glad I learn here.", "We start at 7am."])
def test_what_is_no_name(text: str) -> None:
    assert Rule.NAME not in errors(text) | warnings(text)


@pytest.mark.parametrize(
    ("welsh", "is_warned"),
    [
        ("Gallaf ofyn am help.", False),
        ("Gallaf ofyn am help ac amser.", True),
        ("Gallaf ofyn am help a chefnogaeth.", True),
        ("Gallaf ofyn neu wrando.", True),
        ("Nid wyf yn gofyn.", True),
        ("I can ask for HELP", True),
        ("Gallaf ofyn am help?", True),
        ("", False),
    ],
)
def test_welsh_words_are_warned_of_and_never_refused(welsh: str, is_warned: bool) -> None:
    found = lint("I can ask for help.", scale=AGREE, text_cy=welsh)
    assert found.errors == ()
    assert bool(found.warnings) is is_warned


@given(_statements, st.sampled_from(["and", "or", "not", "never", "isn't", "NO"]), st.integers(0, 40))
@patient
def test_one_word_too_many_is_found_wherever_it_stands(text: str, word: str, place: int) -> None:
    words = text.split()[: MOST_WORDS - 1]
    assert errors(f"{' '.join(words)}.") == set()
    words.insert(min(place, len(words)), word)
    assert errors(f"{' '.join(words)}.") & {Rule.ONE_IDEA, Rule.NEGATION}


@given(st.lists(st.sampled_from(_HARMLESS), min_size=1, max_size=2 * MOST_WORDS))
@patient
def test_the_number_of_words_is_what_people_count(words: list[str]) -> None:
    assert (Rule.LENGTH in errors(f"{' '.join(words)}.")) is (len(words) > MOST_WORDS)


@given(_statements, st.data())
@patient
def test_the_same_words_are_a_double_whatever_their_case_and_signs(text: str, data: st.DataObject) -> None:
    other = "".join(
        sign.upper() if data.draw(st.booleans()) else sign for sign in text
    ).replace(" ", data.draw(st.sampled_from([" ", "  ", ", ", " – "])))
    assert same_words(other) == same_words(text)
    found = lint(f"{text}.", scale=AGREE, others=[("OWN7", other)])
    assert [finding.words for finding in found.errors if finding.rule is Rule.DOUBLE] == [
        "OWN7 asks this in the same words. Use that question instead"
    ]


@given(
    st.text(max_size=300),
    st.sampled_from([AGREE, OFTEN, TEXT_SCALE]),
    st.text(max_size=100),
)
@patient
def test_no_text_is_too_strange(text: str, scale: str, welsh: str) -> None:
    found = lint(text, scale=scale, text_cy=welsh, others=[("LEA1", text)])
    assert all(finding.words for finding in (*found.errors, *found.warnings))


@given(_statements, _statements)
@patient
def test_the_mark_stands_for_its_warnings_and_no_others(one: str, other: str) -> None:
    first, second = (lint(f"{text} Xyz.", scale=AGREE) for text in (one, f"hard {other}"))
    assert (first.mark == second.mark) is (first.warnings == second.warnings)
