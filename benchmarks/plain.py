"""What others would run, timed: `transformers` pipelines, one comment at a time, on two threads.

A program of its own, because it needs PyTorch, which the application does not: it reads a JSON
object {"texts", "encoder"} and prints {"name": seconds for one comment}. The large ones have random
weights of the right shape: they are here for their speed alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BartConfig,
    DistilBertConfig,
    pipeline,
)

#: Comments that the slow ones are timed on.
FEW = 20

#: A zero-shot model reads a comment once for each of these.
LABELS = (
    "leadership",
    "communication",
    "learning",
    "recognition",
    "mentorship",
    "feedback",
    "development goals",
)


def main() -> None:
    given = json.load(sys.stdin)
    texts, encoder = given["texts"], given["encoder"]
    torch.set_num_threads(2)
    tokeniser = AutoTokenizer.from_pretrained(encoder, model_max_length=192)
    small = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=7)
    words = len(tokeniser)
    distil = _random(DistilBertConfig(vocab_size=words, num_labels=7))
    bart = _random(
        BartConfig(
            vocab_size=words,
            pad_token_id=0,
            bos_token_id=101,
            eos_token_id=102,
            id2label={0: "contradiction", 1: "neutral", 2: "entailment"},
            label2id={"contradiction": 0, "neutral": 1, "entailment": 2},
        )
    )
    kind = "text-classification"
    plain = pipeline(kind, model=small, tokenizer=tokeniser, top_k=None)
    large = pipeline(kind, model=distil, tokenizer=tokeniser, top_k=None)
    zero = pipeline("zero-shot-classification", model=bart, tokenizer=tokeniser)
    results = {
        "same encoder": _each(lambda text: plain(text, truncation=True), texts),
        "DistilBERT": _each(lambda text: large(text, truncation=True), texts[: 10 * FEW]),
        "BART-large-MNLI, zero-shot": _each(
            lambda text: zero(text, LABELS, multi_label=True), texts[:FEW]
        ),
    }
    print(json.dumps(results))


def _random(config: Any) -> Any:
    return AutoModelForSequenceClassification.from_config(AutoConfig.for_model(**config.to_dict()))


def _each(read: Callable[[str], object], texts: Sequence[str]) -> float:
    read(texts[0])
    start = time.perf_counter()
    for text in texts:
        read(text)
    return (time.perf_counter() - start) / len(texts)


if __name__ == "__main__":
    main()
