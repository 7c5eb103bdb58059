"""How well and how quickly redaction works, with the gazetteer and without."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.measuring import Measurement, seconds
from nlp.labelled import OWN_DEVELOPMENT_SET, read_labelled
from nlp.redaction import Redactor
from nlp.redaction_evaluation import figures, read_marked

#: Sentences in which all that has to go is marked. No rule was made on their names.
DATA = Path(__file__).parents[1] / "tests" / "nlp" / "data"
SETS = {"": DATA / "redaction.jsonl", ", unseen": DATA / "redaction_unseen.jsonl"}


def measure() -> Iterator[Measurement]:
    cases = {}
    for name, path in SETS.items():
        marked = list(read_marked(path))
        cases[f"with capitals{name}"] = marked
        cases[f"in small letters{name}"] = [each.in_small_letters() for each in marked]
    redactor = Redactor()
    for tools, used in {"": redactor, " without the gazetteer": Redactor(with_gazetteer=False)}.items():
        for case, sentences in cases.items():
            result = figures(sentences, used)
            for what, share in {
                "names removed": result.names,
                "words of names removed": result.name_words,
                "contact details and numbers removed": result.contacts,
                "other words removed": result.excess,
            }.items():
                yield Measurement(f"{what}, {case}{tools}", "%", (100 * share,))
    texts = [comment.text for comment in read_labelled(OWN_DEVELOPMENT_SET)]
    taken = seconds(lambda: [redactor.redact(text) for text in texts], times=5)
    yield Measurement(
        f"comments redacted, {len(texts)} of staff's own, on one core",
        "a second",
        tuple(len(texts) / each for each in taken),
    )
