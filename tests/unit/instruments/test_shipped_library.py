"""The shipped library: its shape, its wording and what it may claim."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from surveyapp.instruments import services
from surveyapp.instruments.services import Library

FACTORS = ("F1", "F2", "F3", "F4", "F5", "F6", "F7")
NEGATIONS = re.compile(
    r"\b(not|no|never|none|nobody|nothing|neither|nor|without|cannot|\w+n['’]t)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def library() -> Library:
    return services.load_library()


def test_holds_61_scored_questions_3_open_ones_and_3_templates(library: Library) -> None:
    assert len(library.items) == 61
    assert len(library.prompts) == 3
    assert set(library.templates) == {"monthly_pulse_5", "quarterly_12", "annual_full"}
    assert tuple(library.factors) == FACTORS
    assert len(library.cipd) == 4 and len(library.hee) == 6


def test_every_question_stands_in_every_frame(library: Library) -> None:
    for item in library.items.values():
        assert item.factor and item.cipd and item.hee and item.source, item.id


def test_each_factor_has_one_anchor_in_its_own_scale(library: Library) -> None:
    for ids in library.factor_scales.values():
        assert sum(library.items[item_id].anchor for item_id in ids) == 1
        assert len(ids) == 4


def test_a_rotation_asks_each_factor_its_anchor_and_one_more(library: Library) -> None:
    rotating = Counter[str]()
    for rotation in "ABC":
        asked = [
            item
            for month in "123"
            for item in services.questions_for(
                library, "monthly_pulse_5", f"{rotation}-{month}"
            ).items
        ]
        assert len(asked) == len({item.id for item in asked}) == 15
        for factor in FACTORS:
            own = [item for item in asked if item.id in library.factor_scales[factor]]
            assert [item.anchor for item in own].count(True) == 1, (rotation, factor)
            assert len(own) == 2
            rotating.update(item.id for item in own if not item.anchor)
    # Over the three rotations every question of every factor has its turn, once.
    assert set(rotating.values()) == {1}
    assert len(rotating) == 21


def test_the_length_of_each_form(library: Library) -> None:
    for (template_id, _), form in library.questionnaires.items():
        if template_id == "monthly_pulse_5":
            assert len(form.items) == 5 and len(form.prompts) == 1 and len(form.sections) == 1
        elif template_id == "quarterly_12":
            assert len(form.items) == 12
        assert all(item.audience == "all_staff" for item in form.items)
        in_sections = [item_id for section in form.sections for item_id in section.item_ids]
        assert in_sections == [item.id for item in form.items]


def test_a_page_of_a_long_form_has_one_response_scale(library: Library) -> None:
    for form in library.questionnaires.values():
        if len(form.items) > 5:
            for section in form.sections:
                assert len({library.items[item_id].scale for item_id in section.item_ids}) == 1


def test_every_choice_has_its_questions(library: Library) -> None:
    for template in library.templates.values():
        assert template.minutes > 0 and template.open_days >= 14
        for choice in template.choices:
            assert services.questions_for(library, template.id, choice.key).items
    with pytest.raises(KeyError):
        services.questions_for(library, "monthly_pulse_5", "D-1")


def test_wording_has_one_idea_no_negation_and_twenty_words_at_most(library: Library) -> None:
    """B6. The recall period at the start is not an idea of its own."""
    for item in library.items.values():
        assert len(item.text.split()) <= 20, item.id
        assert not re.search(r"\band\b|\bor\b|and/or", item.text, re.IGNORECASE), item.id
        assert not NEGATIONS.search(item.text), item.id
        assert not item.reverse, item.id


def test_frequency_questions_name_their_period(library: Library) -> None:
    for item in library.items.values():
        assert item.text.startswith("In the last 3 months, how often") == (item.scale == "freq5")


def test_scales_run_from_worst_to_best(library: Library) -> None:
    for scale in library.scales.values():
        assert [value for value, _ in scale.points] == [1, 2, 3, 4, 5]
        assert scale.favourable == {4, 5}
        assert scale.not_applicable


def test_the_question_on_what_changed_is_in_no_score_and_no_template(library: Library) -> None:
    asked = library.follow_up
    assert asked.text == "I have seen changes here because of what staff said in these surveys."
    assert (asked.factor, asked.cipd, asked.hee, asked.anchor) == ("", (), (), False)
    assert library.scales[asked.scale].favourable == {4, 5}
    families = (library.factor_scales, library.cipd_scales, library.hee_scales)
    assert not any(asked.id in ids for family in families for ids in family.values())
    assert not any(asked in form.items for form in library.questionnaires.values())
    assert len(asked.text.split()) <= 20 and not NEGATIONS.search(asked.text)


def test_what_may_be_claimed(library: Library) -> None:
    assert library.claim == "informed by CIPD (2020) and the HEE Quality Framework"
    assert library.status == "draft_unvalidated"


def test_find_narrows_by_every_frame_at_once(library: Library) -> None:
    everything, prompts = services.find(library)
    assert len(everything) == 61 and len(prompts) == 3
    for code in library.hee:
        items, _ = services.find(library, hee=code, factor="F3")
        assert all(code in item.hee and item.factor == "F3" for item in items)
    assert services.find(library, cipd="C4", hee="H2") == ((), ())


def test_is_read_once() -> None:
    assert services.load_library() is services.load_library(services.current_version())
