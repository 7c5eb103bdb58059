"""The weights of a shipped model, read back to train on from them. The network here is plain NumPy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from scipy.special import erf, softmax
from tokenizers import Tokenizer

from nlp import artefacts
from nlp.artefacts import ArtefactError
from nlp.encoder import Encoder, Floats
from nlp.taxonomy import FACTORS
from nlp.training.start import weights_of

TEXTS = (
    "My mentor has time for me and explains what she does.",
    "nobody told us the rota had changed, again",
    "I found out from the newsletter that my job is going.",
    "We share at every handover, nobody minds when a student asks twice. I miss a word on how I am doing.",
)
_NARROW_FROM = 1
_HEAD_WIDTH, _WHOLE, _CONCERN = 32, len(FACTORS), len(FACTORS) + 1


class _Plain:
    """The sums of `nlp.training.model.CommentModel`, for one text."""

    def __init__(self, weights: Mapping[str, Floats], ids: list[int]) -> None:
        self._weights = weights
        place = "encoder.embeddings."
        hidden = (
            weights[f"{place}word_embeddings.weight"][ids]
            + weights[f"{place}position_embeddings.weight"][: len(ids)]
            + weights[f"{place}token_type_embeddings.weight"][0]
        )
        hidden = self._norm(f"{place}LayerNorm", hidden)
        worth = hidden @ weights["worth"]
        layer = 0
        while f"encoder.encoder.layer.{layer}.output.dense.weight" in weights:
            asking = hidden
            if layer == _NARROW_FROM:
                asking = hidden[_telling(worth)]
            hidden = self._layer(f"encoder.encoder.layer.{layer}.", asking, hidden)
            layer += 1
        self.layers = layer
        pooled = softmax(weights["queries"] @ hidden.T, axis=-1) @ hidden
        mean = hidden.mean(axis=0)
        whole = np.concatenate([pooled[_WHOLE], mean])
        self.overall = self._linear("overall", whole)
        self.levels = self._linear("level", whole)
        self.concern = self._linear("concern", np.concatenate([pooled[_CONCERN], mean]))[0]
        self.stances = np.stack(
            [self._linear("stance", np.concatenate([row, mean])) for row in pooled[: len(FACTORS)]]
        )
        present = (pooled[: len(FACTORS)] * weights["factor_weight"]).sum(axis=1)
        self.factors = present + weights["factor_bias"]

    def _linear(self, name: str, values: Floats) -> Floats:
        return values @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _norm(self, name: str, values: Floats) -> Floats:
        values = values - values.mean(axis=-1, keepdims=True)
        values = values / np.sqrt((values**2).mean(axis=-1, keepdims=True) + 1e-12)
        return values * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _layer(self, place: str, asking: Floats, asked: Floats) -> Floats:
        parts = {
            part: _heads_of(self._linear(f"{place}attention.self.{part}", states))
            for part, states in (("query", asking), ("key", asked), ("value", asked))
        }
        context = [
            softmax(query @ key.T / np.sqrt(query.shape[1]), axis=-1) @ value
            for query, key, value in zip(*parts.values(), strict=True)
        ]
        attended = self._linear(f"{place}attention.output.dense", np.concatenate(context, axis=1))
        hidden = self._norm(f"{place}attention.output.LayerNorm", asking + attended)
        inner = self._linear(f"{place}intermediate.dense", hidden)
        inner = inner * (1 + erf(inner / np.sqrt(2))) / 2
        outer = self._linear(f"{place}output.dense", inner)
        return self._norm(f"{place}output.LayerNorm", hidden + outer)


def _heads_of(values: Floats) -> list[Floats]:
    return np.split(values, values.shape[1] // _HEAD_WIDTH, axis=1)


def _telling(worth: Floats) -> list[int]:
    """The tokens that go on, of equals the first; sixteen where that is more."""
    filled = -(-len(worth) // 4) * 4
    most = max(filled * 7 // 8, min(filled, 16))
    return sorted(range(len(worth)), key=lambda place: (-worth[place], place))[:most]


@pytest.fixture(scope="module")
def weights() -> dict[str, Floats]:
    return weights_of(artefacts.newest())


@pytest.mark.parametrize("text", TEXTS)
def test_the_weights_read_back_say_what_the_model_says(
    weights: dict[str, Floats], text: str, tmp_path: Path
) -> None:
    folder = tmp_path / "network"
    shutil.copytree(artefacts.newest(), folder)
    (folder / "words.npz").unlink()  # what words add is no weight of the network
    (said,) = Encoder(folder, max_tokens=192).encode([text])
    tokeniser = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokeniser.no_padding()
    plain = _Plain(weights, tokeniser.encode(text).ids)
    assert said.level_logits is not None and said.concern_logit is not None
    # The model rounds what goes through it as well, which the plain sums do not.
    for ours, theirs in (
        (plain.factors, said.factor_logits),
        (plain.stances, said.stance_logits),
        (plain.overall, said.overall_logits),
        (plain.levels, said.level_logits),
        (plain.concern, said.concern_logit),
    ):
        assert np.sqrt(np.mean((ours - theirs) ** 2)) < 0.25


def test_every_layer_is_read(weights: dict[str, Floats]) -> None:
    assert _Plain(weights, [101, 102]).layers == 6
    assert all(np.isfinite(values).all() for values in weights.values())


def test_older_models_with_one_product_for_queries_keys_and_values_are_read(
    weights: dict[str, Floats], tmp_path: Path
) -> None:
    folder = tmp_path / "older"
    shutil.copytree(artefacts.newest(), folder)
    model = onnx.load(folder / "model.onnx")
    _join_in_threes(model.graph)
    onnx.save(model, folder / "model.onnx")
    _accept(folder)
    older = weights_of(folder)
    assert older.keys() == weights.keys()
    assert all(np.array_equal(older[name], weights[name]) for name in weights)


def _join_in_threes(graph: onnx.GraphProto) -> None:
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes.append(node)
        three = nodes[-3:]
        if [each.op_type for each in three] != ["MatMulIntegerToFloat"] * 3:
            continue
        joined = onnx.NodeProto.FromString(node.SerializeToString())
        for place in (1, 3, 6):  # matrix, scales, bias
            values = np.concatenate([constants[each.input[place]] for each in three], axis=-1)
            joined.input[place] = f"{node.name or node.output[0]}-{place}"
            graph.initializer.append(onnx.numpy_helper.from_array(values, joined.input[place]))
        joined.output[0] = f"{node.output[0]}-joined"
        parts = [each.output[0] for each in three]
        nodes[-3:] = [joined, helper.make_node("Split", [joined.output[0]], parts, axis=2, num_outputs=3)]
    del graph.node[:]
    graph.node.extend(nodes)


def _accept(folder: Path) -> None:
    """Has the manifest name the network that is there."""
    manifest = json.loads((folder / artefacts.MANIFEST).read_text(encoding="utf-8"))
    manifest["files"]["model.onnx"] = artefacts.sha256(folder / "model.onnx")
    (folder / artefacts.MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def test_a_network_of_another_kind_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(artefacts.newest(), folder)
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in "ab"]
    graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "g", ends[:1], ends[1:])
    onnx.save(helper.make_model(graph), folder / "model.onnx")
    with pytest.raises(ArtefactError):
        weights_of(folder)
    _accept(folder)
    with pytest.raises(ValueError, match="network of another kind"):
        weights_of(folder)
