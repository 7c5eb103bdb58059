"""What is found wrong with the words of a message, and what is not."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyapp.pulses.message_kinds import (
    LINKS,
    LONGEST_BODY,
    LONGEST_SUBJECT,
    PLACEHOLDERS,
    RULES,
    MessageKind,
    Words,
    fill,
)
from surveyapp.pulses.message_lint import (
    Issue,
    addresses_in,
    issues_of,
    name_pairs_in,
    promise_not_kept,
)
from surveyapp.pulses.messages import LANGUAGES, shipped

EXAMPLES = {
    "organisation": "Riverside Care Trust",
    "title": "Spring pulse",
    "link": "https://pulse.example.org/a/x/y",
    "minutes": "2 minutes",
    "closes": "18 March 2027 at 11:59pm",
    "smallest_group": "10",
    "stop_link": "https://pulse.example.org/stop/x",
}

EVERY_KIND = pytest.mark.parametrize("kind", MessageKind)
A_KIND = st.sampled_from(list(MessageKind))


def with_links(kind: MessageKind, text: str) -> Words:
    """The text in a message that is right otherwise."""
    lines = [text, *(f"{{{name}}}" for name in sorted(RULES[kind].needs))]
    return Words("Spring pulse" if RULES[kind].is_mail else "", "\n".join(lines))


def found(kind: MessageKind, text: str) -> list[Issue]:
    return issues_of(with_links(kind, text), RULES[kind], EXAMPLES)


def errors(kind: MessageKind, words: Words) -> list[str]:
    return [issue.message for issue in issues_of(words, RULES[kind], EXAMPLES) if issue.is_error]


# ---------------------------------------------------------------- what we ship


@pytest.mark.parametrize("language", LANGUAGES)
@EVERY_KIND
def test_there_is_nothing_to_say_about_the_shipped_words(kind: MessageKind, language: str) -> None:
    assert issues_of(shipped(kind, language), RULES[kind], EXAMPLES, is_english=language == "en") == []


def test_every_placeholder_is_used_by_some_message() -> None:
    assert set(PLACEHOLDERS) == set(EXAMPLES) == frozenset().union(*(rule.takes for rule in RULES.values()))
    assert all(rule.needs <= rule.takes for rule in RULES.values())


# ---------------------------------------------------------------- filling in


PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=["Cs"]))


@given(
    parts=st.lists(st.tuples(PLAIN, st.sampled_from(list(PLACEHOLDERS)))),
    values=st.dictionaries(st.sampled_from(list(PLACEHOLDERS)), PLAIN),
)
def test_values_are_put_in_once_and_never_read(
    parts: list[tuple[str, str]], values: dict[str, str]
) -> None:
    values = {name: f"{value}{{link}}{{{{7*7}}}}" for name, value in values.items()}
    text = "".join(f"{plain}{{{name}}}" for plain, name in parts)
    filled = "".join(plain + values.get(name, f"{{{name}}}") for plain, name in parts)
    assert fill(text, values) == filled


_TEMPLATES = ["{{ 7*7 }}", "{% for x in y %}", "{link.__class__}", "{0}", "{link!r}", "{link:>9}", "$link"]


@pytest.mark.parametrize("text", _TEMPLATES)
def test_no_language_of_templates_is_understood(text: str) -> None:
    assert fill(text, EXAMPLES) == text
    if "{" in text:
        assert errors(MessageKind.INVITATION, with_links(MessageKind.INVITATION, text))


# ---------------------------------------------------------------- for any words at all


@given(kind=A_KIND, subject=st.text(max_size=100), body=st.text(max_size=400))
def test_any_words_are_judged_and_errors_come_first(kind: MessageKind, subject: str, body: str) -> None:
    issues = issues_of(Words(subject, body), RULES[kind], EXAMPLES)
    assert [issue.is_error for issue in issues] == sorted((i.is_error for i in issues), reverse=True)
    assert all(issue.message.strip() and "\n" not in issue.message for issue in issues)
    assert len(set(issues)) == len(issues)


@given(kind=A_KIND, lines=st.lists(st.text(alphabet="abc {}/_.\n", max_size=30), max_size=8))
def test_what_has_no_error_has_every_link_whole_and_no_bracket_left(
    kind: MessageKind, lines: list[str]
) -> None:
    words = with_links(kind, "\n".join(lines))
    if errors(kind, words):
        return
    filled = words.filled(EXAMPLES)
    for name in RULES[kind].needs:
        assert EXAMPLES[name] in filled.body.splitlines()
    assert not set(filled.subject + filled.body) & set("{}")


@given(kind=A_KIND, data=st.data())
def test_a_message_without_a_link_that_it_needs_is_refused(kind: MessageKind, data: st.DataObject) -> None:
    if not RULES[kind].needs:
        return
    gone = data.draw(st.sampled_from(sorted(RULES[kind].needs)))
    words = with_links(kind, "Please answer.")
    without = Words(words.subject, words.body.replace(f"{{{gone}}}", ""))
    assert any(f"Put in {{{gone}}}" in message for message in errors(kind, without))


@given(kind=A_KIND, name=st.from_regex(r"[a-z_ .!]{0,12}", fullmatch=True))
def test_a_placeholder_passes_if_and_only_if_the_message_takes_it(kind: MessageKind, name: str) -> None:
    said = errors(kind, with_links(kind, f"{{{name}}}"))
    assert (said == []) == (name in RULES[kind].takes)


# ---------------------------------------------------------------- links and lengths


@pytest.mark.parametrize("line", ["Here: {link}", "{link}.", "({link})", "{link} {link}"])
def test_a_link_stands_on_a_line_of_its_own(line: str) -> None:
    (message,) = errors(MessageKind.INVITATION, Words("Pulse", line))
    assert "on a line of its own" in message


@pytest.mark.parametrize("name", sorted(LINKS))
def test_no_link_in_a_subject(name: str) -> None:
    words = Words(f"Answer {{{name}}}", with_links(MessageKind.REMINDER, "Hello").body)
    (message,) = errors(MessageKind.REMINDER, words)
    assert "out of the subject" in message


@pytest.mark.parametrize(("size", "is_right"), [(LONGEST_SUBJECT, True), (LONGEST_SUBJECT + 1, False)])
def test_a_subject_is_measured_with_what_it_stands_for(size: int, is_right: bool) -> None:
    subject = "{organisation}" + "x" * (size - len(EXAMPLES["organisation"]))
    assert (errors(MessageKind.INVITATION, Words(subject, "{link}")) == []) is is_right


def test_a_mail_needs_a_subject_and_words() -> None:
    assert errors(MessageKind.INVITATION, Words("", "{link}")) == ["Enter a subject"]
    assert "Enter the words of the message" in errors(MessageKind.NOTICE, Words("", " \n"))


def test_a_message_has_an_end() -> None:
    long = "a" * (LONGEST_BODY + 1)
    assert errors(MessageKind.NOTICE, Words("", long)) == ["Take out 1 characters or more: it is too long"]


def test_another_link_may_be_meant() -> None:
    (issue,) = found(MessageKind.INVITATION, "Read www.example.org first.")
    assert not issue.is_error and "another link" in issue.message


# ---------------------------------------------------------------- promises

HOW = ["completely", "totally", "fully", "100%", "100 per cent", "absolutely", "guaranteed", "strictly"]
WHAT = ["anonymous", "confidential", "private", "anonymously"]


@given(
    kind=A_KIND,
    how=st.sampled_from(HOW),
    what=st.sampled_from(WHAT),
    between=st.sampled_from([" ", "\n", "  ", " and wholly "]),
    spelt=st.sampled_from([str.lower, str.upper, str.capitalize]),
    around=st.sampled_from(["{}", "It is {}.", "We say:\n‘{}’!"]),
)
def test_no_message_promises_more_than_everything(
    kind: MessageKind, how: str, what: str, between: str, spelt: object, around: str
) -> None:
    said = spelt(f"{how}{between}{what}")  # type: ignore[operator]
    issues = found(kind, around.format(said))
    assert any(issue.is_error and "promises more" in issue.message for issue in issues)


@EVERY_KIND
@pytest.mark.parametrize(
    "said",
    [
        "Nobody can ever know who you are.",
        "No-one will ever find out what you said.",
        "No one can see who you are at all.",
        "It is anonymous even to IT.",
        "This is anonymous, even for the people in IT.",
        "We guarantee that it is anonymous.",
        "Your anonymity is guaranteed.",
        "Your answers can never be traced to you.",
        "It’s impossible to find out who said what.",
        "Answers are untraceable.",
        "Mae’n hollol ddienw.",
        "Ni all neb byth wybod pwy ydych chi.",
    ],
)
def test_these_are_refused_for_every_pulse(kind: MessageKind, said: str) -> None:
    assert any(issue.is_error and "promises more" in issue.message for issue in found(kind, said)), said


#: What the README claims, and what the shipped words say.
@EVERY_KIND
@pytest.mark.parametrize(
    "said",
    [
        "Your name is not kept with your answers.",
        "Nobody who reads the results can see who said what: not us, and not your manager.",
        "Your answers are anonymous.",
        "We do not look up who has answered.",
        "Results are only shown for groups of at least {smallest_group} people.",
        "Nobody can open an answer before the pulse closes.",
        "Please answer only once.",
        "You do not have to take part. Nobody will ask you why.",
    ],
)
def test_what_is_kept_may_be_promised(kind: MessageKind, said: str) -> None:
    assert found(kind, said) == []


_NOT_SO_FOR_LINKS = ["Nobody knows who has answered.", "We cannot see whether you have answered."]
_NOT_SO_FOR_ALL = [
    "There is one form per person.",
    "The link works once.",
    "You can only answer once.",
    "Nobody can answer twice.",
    "This link is only for you.",
]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        *product(_NOT_SO_FOR_LINKS, [MessageKind.INVITATION, MessageKind.REMINDER, MessageKind.NOTICE]),
        *product(_NOT_SO_FOR_ALL, [MessageKind.OPEN_LINK]),
    ],
)
def test_a_promise_is_refused_where_the_pulse_does_not_keep_it(said: str, kind: MessageKind) -> None:
    (issue,) = found(kind, said)
    assert issue.is_error and "is not so" in issue.message
    for other in MessageKind:
        if RULES[other].is_open_link != RULES[kind].is_open_link:
            assert found(other, said) == [], other


@pytest.mark.parametrize("said", ["This is confidential.", "Answers cannot be traced to you."])
def test_what_is_not_quite_right_may_be_meant(said: str) -> None:
    assert [issue.is_error for issue in found(MessageKind.INVITATION, said)] == [False]


def test_who_is_invited_is_known_so_the_pulse_itself_is_not_anonymous() -> None:
    (issue,) = found(MessageKind.INVITATION, "Take part in this anonymous survey.")
    assert not issue.is_error and "Say what is anonymous: the answers" in issue.message
    assert found(MessageKind.OPEN_LINK, "Take part in this anonymous survey.") == []


@EVERY_KIND
def test_a_number_that_differs_from_pulse_to_pulse_is_no_promise(kind: MessageKind) -> None:
    (issue,) = found(kind, "Results are only shown for groups of at least 10 people.")
    assert issue.is_error and "Write {smallest_group}" in issue.message


def test_what_no_pulse_keeps_is_found_in_a_name_too() -> None:
    assert promise_not_kept("Our 100% anonymous pulse") == "100% anonymous"
    assert promise_not_kept("Spring pulse") == promise_not_kept("This works once") == ""


# ---------------------------------------------------------------- people, and how hard it is to read


def test_addresses_and_names_of_staff() -> None:
    words = Words("From Anna Smith", "Write to Anna.Smith@trust.example, or learn@trust.example.\n{link}")
    assert addresses_in(words) == {"anna.smith@trust.example", "learn@trust.example"}
    assert "anna smith" in name_pairs_in(words)
    staff = {"anna.smith@trust.example", "anna smith"}
    issues = issues_of(words, RULES[MessageKind.INVITATION], EXAMPLES, staff=staff)
    assert [issue.is_error for issue in issues] == [True, False, False]
    assert "someone on the staff list has that address" in issues[0].message
    assert {issue.field for issue in issues if "Anna Smith" in issue.message} == {"subject"}


def test_names_are_two_words_beside_each_other() -> None:
    assert name_pairs_in(Words("", "Anna\nSmith, Lee. Jo O’Neill and {title} Bo Lee-Ann")) == {
        "jo o'neill",
        "bo lee-ann",
    }


def test_hard_words_may_be_meant_and_are_judged_in_english_only() -> None:
    hard = (
        "Organisational stakeholders demonstrate unequivocal commitment to professional development "
        "opportunities notwithstanding considerable operational limitations, and we consequently request "
        "participation in a comprehensive evaluation."
    )
    (issue,) = found(MessageKind.INVITATION, hard)
    assert not issue.is_error and "Aim at 11" in issue.message
    words = with_links(MessageKind.INVITATION, hard)
    assert issues_of(words, RULES[MessageKind.INVITATION], EXAMPLES, is_english=False) == []
