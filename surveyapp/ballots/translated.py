"""The ballot paper in another language. Each question keeps its id and its values: an answer in any
language is the same number, and the ballot does not say in which it was given. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveyapp.ballots.pages import PaperPage, Question
from surveyapp.instruments import services as instruments
from surveyapp.instruments.services import Translation
from surveyapp.languages import ENGLISH, WELSH
from surveyapp.pulses import services as pulses


def paper_in(wave: pulses.Wave, pages: Sequence[PaperPage], language: str) -> list[PaperPage]:
    """These pages of a wave in a language. What has no words in it stays in English, and says so."""
    words = None if language == ENGLISH else instruments.load_translation(wave.library_version, language)
    if words is None:
        return [*pages]
    scales = {item.item_id: item.scale for item in wave.items}
    texts = {item.item_id: item.text_cy for item in wave.items} if language == WELSH else {}

    def translated(question: Question) -> Question:
        if question.leads_to:
            return _role(question, words)
        return _question(question, texts.get(question.item_id, ""), scales[question.item_id], words)

    return [
        replace(_titled(page, words), questions=tuple(map(translated, page.questions))) for page in pages
    ]


def _titled(page: PaperPage, words: Translation) -> PaperPage:
    title = words.titles.get(page.title)
    return replace(page, title=title, title_language=words.language) if title else page


def _role(question: Question, words: Translation) -> Question:
    options = words.role.options
    return replace(
        question,
        text=words.role.text,
        hint=words.role.hint,
        points=tuple((value, options.points[value]) for value, _ in question.points),
        not_applicable=options.not_applicable,
        language=words.language,
    )


def _question(question: Question, text: str, scale_id: str, words: Translation) -> Question:
    if not text:
        return question  # with its scale: half a question in each language would be hard to read
    if question.is_open:
        return replace(question, text=text, hint=words.hint, language=words.language)
    scale = words.scales[scale_id]
    return replace(
        question,
        text=text,
        points=tuple((value, scale.points[value]) for value, _ in question.points),
        not_applicable=scale.not_applicable,
        language=words.language,
    )
