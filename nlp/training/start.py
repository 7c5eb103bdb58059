"""The weights of a model folder, read back from its 8-bit graph: training goes on from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from nlp import artefacts
from nlp.encoder import Floats

#: Heads of two matrices and a bias, by the output that each feeds.
_HEADS = {
    "stance": "stance_logits",
    "overall": "overall_logits",
    "level": "level_logits",
    "concern": "concern_logit",
}


def weights_of(directory: Path) -> dict[str, Floats]:
    """The weights of `CommentModel`'s state by name, but for what rounding to 8 bits took.

    `directory` holds a model that `nlp.training.graph.build` wrote in 8 bits. Raises
    ArtefactError when the folder is damaged and ValueError when its graph is of another kind.
    """
    artefacts.verify(directory)
    try:
        return _Reader(onnx.load(directory / "model.onnx")).weights()
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise ValueError(
            f"{directory} holds a network of another kind. Name a model that ships with the project, "
            "or one that `python -m nlp train` made from it."
        ) from error


class _Reader:
    """Walks the graph in the order in which it was built."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self._constants = {
            each.name: numpy_helper.to_array(each) for each in model.graph.initializer
        }
        self._nodes = list(model.graph.node)
        self._maker = {name: node for node in self._nodes for name in node.output}

    def weights(self) -> dict[str, Floats]:
        found = self._embeddings()
        norms = self._all("LayerNormalization")
        products = self._all("MatMulIntegerToFloat")
        self._norm(found, "encoder.embeddings.LayerNorm", norms[0])
        layers = len(norms) // 2
        of_each = len(products) // layers
        for layer in range(layers):
            place = f"encoder.encoder.layer.{layer}."
            *into, out, inner, outer = products[of_each * layer : of_each * (layer + 1)]
            self._attention(found, place, into, out)
            self._linear(found, f"{place}intermediate.dense", inner)
            self._linear(found, f"{place}output.dense", outer)
            self._norm(found, f"{place}attention.output.LayerNorm", norms[2 * layer + 1])
            self._norm(found, f"{place}output.LayerNorm", norms[2 * layer + 2])
        for head, output in _HEADS.items():
            self._head(found, head, output)
        weighed, bias = self._makers_of("factor_logits")
        found["factor_bias"] = self._constants[bias]
        product = self._maker[self._maker[weighed].input[0]]
        found["factor_weight"] = self._constants[product.input[1]]
        scores = next(node for node in self._all("MatMul") if node.input[1] in self._constants)
        found["queries"] = self._constants[scores.input[1]].T
        self._worth(found)
        return {name: np.array(values, dtype=np.float32) for name, values in found.items()}

    def _worth(self, found: dict[str, Floats]) -> None:
        # Up to 2026.11.7 all tokens go through all layers.
        for node in self._all("TopK"):
            summed = self._maker[self._maker[node.input[0]].input[1]]
            found["worth"] = self._constants[self._maker[summed.input[0]].input[1]]

    def _all(self, kind: str) -> list[Any]:
        return [node for node in self._nodes if node.op_type == kind]

    def _makers_of(self, output: str) -> tuple[str, str]:
        """What the sum behind an output adds up."""
        node = self._maker[self._maker[output].input[0]]
        if node.op_type == "Squeeze":
            node = self._maker[node.input[0]]
        return node.input[0], node.input[1]

    def _embeddings(self) -> dict[str, Floats]:
        words, scales = (self._constants[node.input[0]] for node in self._all("Gather")[:2])
        places = next(
            self._constants[node.input[0]]
            for node in self._all("Slice")
            if node.input[0] in self._constants
        )
        place = "encoder.embeddings."
        return {
            f"{place}word_embeddings.weight": words * scales[:, None],
            # The graph keeps the sum of both.
            f"{place}position_embeddings.weight": places,
            f"{place}token_type_embeddings.weight": np.zeros((2, places.shape[1]), np.float32),
        }

    def _norm(self, found: dict[str, Floats], name: str, node: Any) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (
            self._constants[source] for source in node.input[1:3]
        )

    def _product(self, node: Any) -> tuple[Floats, Floats]:
        """A product's matrix (inputs, outputs) and bias, undivided where its input was divided."""
        matrix = self._constants[node.input[1]] * self._constants[node.input[3]]
        rounded = self._maker[node.input[0]]
        if rounded.op_type == "GatherND":  # of the tokens that go on
            rounded = self._maker[rounded.input[0]]
        source = self._maker[rounded.input[0]]
        if source.op_type == "Mul":
            matrix = matrix * self._constants[source.input[1]][:, None]
        return matrix, self._constants[node.input[6]]

    def _linear(self, found: dict[str, Floats], name: str, node: Any) -> None:
        matrix, found[f"{name}.bias"] = self._product(node)
        found[f"{name}.weight"] = matrix.T

    def _attention(self, found: dict[str, Floats], place: str, into: list[Any], out: Any) -> None:
        # Queries, keys and values are three products; up to 2026.11.6 they are one.
        products = [self._product(node) for node in into]
        matrix = np.concatenate([matrix for matrix, _ in products], axis=1)
        bias = np.concatenate([bias for _, bias in products])
        outward, found[f"{place}attention.output.dense.bias"] = self._product(out)
        own = dict(zip(("query", "key", "value"), np.split(matrix.T, 3), strict=True))
        biases = dict(zip(own, np.split(bias, 3), strict=True))
        # Values were divided, and what takes them in multiplied, by a spread that the graph does not
        # keep. Evened out they do the same.
        spread = np.sqrt(
            np.linalg.norm(outward, axis=1) / np.maximum(np.linalg.norm(own["value"], axis=1), 1e-8)
        )
        own["value"], biases["value"] = own["value"] * spread[:, None], biases["value"] * spread
        found[f"{place}attention.output.dense.weight"] = (outward / spread[:, None]).T
        for part, weight in own.items():
            found[f"{place}attention.self.{part}.weight"] = weight
            found[f"{place}attention.self.{part}.bias"] = biases[part]

    def _head(self, found: dict[str, Floats], head: str, output: str) -> None:
        products, bias = self._makers_of(output)
        found[f"{head}.bias"] = self._constants[bias]
        halves = []
        for name in self._maker[products].input:
            node = self._maker[name]
            if node.op_type == "Unsqueeze":
                node = self._maker[node.input[0]]
            halves.append(self._constants[node.input[1]])
        found[f"{head}.weight"] = np.concatenate(halves).T
