"""Embeddings of sentences: one row for each, whatever the company."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nlp import embedding
from nlp.artefacts import ArtefactError
from nlp.embedding import Embedder
from nlp.encoder import Encoded


class Network:
    """Stands in for the network: counts letters. Remembers how many texts came at once."""

    def __init__(self, embeds: bool) -> None:
        self._embeds = embeds
        self.batches: list[int] = []

    def encode(self, texts: Sequence[str]) -> list[Encoded]:
        self.batches.append(len(texts))
        nothing: Any = np.zeros(0, dtype=np.float32)
        found = []
        for text in texts:
            row = np.array([len(text), text.count("a"), 1], dtype=np.float32)
            own = row / np.linalg.norm(row) if self._embeds else None
            found.append(Encoded(nothing, nothing, nothing, (), (), embedding=own))
        return found


def embedder(monkeypatch: pytest.MonkeyPatch, *, embeds: bool = True) -> tuple[Embedder, Network]:
    network = Network(embeds)
    monkeypatch.setattr(embedding, "Encoder", lambda directory, max_tokens, threads: network)
    return Embedder(), network


def test_each_sentence_gets_its_row_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_BATCH", 2)
    made, network = embedder(monkeypatch)
    sentences = ["banana", "we learn", "a", "banana", "appraisal form"]
    rows = made.embed(sentences)
    assert rows.shape == (5, 3) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    assert (rows[0] == rows[3]).all()
    for sentence, row in zip(sentences, rows, strict=True):
        assert row[1] / row[2] == pytest.approx(sentence.count("a"))
    assert max(network.batches) == 2 and sum(network.batches) == 4  # the same sentence goes once


def test_no_sentences_have_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(embedder(monkeypatch)[0].embed([])) == 0


def test_a_model_without_embeddings_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = embedder(monkeypatch, embeds=False)
    with pytest.raises(ArtefactError, match="gives no embeddings"):
        made.embed(["We learn."])
