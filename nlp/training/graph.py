"""The small network as an ONNX graph, in 32-bit floats or 8-bit integers.

Written out rather than traced, because a traced one sets the scale of its 8-bit numbers from each
batch: a comment's result would depend on its company. Here scales are constants, found once.
Weights have a scale for each output channel: one for a whole matrix loses several points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from nlp.encoder import Floats
from nlp.training.likeness import Likeness
from nlp.training.model import (
    CONCERN,
    FACTOR_COUNT,
    FEWEST,
    GOING_ON,
    LEVEL_COUNT,
    NARROW_FROM,
    SENTIMENT_COUNT,
    WHOLE,
)

#: Where a matrix product's input is rounded to 8 bits: (layer, name) joined by a full stop.
POINTS = ("attention_in", "context", "feed_forward_in", "activation")

_MICROSOFT = "com.microsoft"
_EPSILON = 1e-12
_LARGEST_WEIGHT = 127


@dataclass(frozen=True, slots=True)
class Rounding:
    """How one input is rounded: divided by `spread` (channels,), then from `low` to `high`."""

    low: float
    high: float
    spread: Floats


class _Graph:
    """Nodes and constants under names of their own."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def add(self, kind: str, *inputs: str, domain: str = "", takes: int = 0, **settings: Any) -> str:
        """Add a node; the name of its output, or of that at the place `takes`."""
        name = f"n{len(self.nodes)}"
        outputs = [*(f"{name}-{other}" for other in range(takes)), name]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, domain=domain, **settings))
        return name

    def whole(self, *numbers: int) -> str:
        return self.constant(np.array(numbers, dtype=np.int64))


def build(
    weights: Mapping[str, Floats],
    roundings: Mapping[str, Rounding] | None,
    likeness: Likeness,
    *,
    layers: int,
    head_width: int,
) -> onnx.ModelProto:
    """The graph. `weights` are those of `CommentModel`'s state by name; without `roundings`, all
    is in floats. `likeness` maps the first and last layers to the embedding.

    Inputs `input_ids` and `attention_mask`, both int64 (batch, tokens). Outputs, float:
    `factor_logits` (batch, 7), `stance_logits` (batch, 7, 3), `overall_logits` (batch, 3),
    `level_logits` (batch, 5), `concern_logit` (batch,), `attention` (batch, 7, tokens) and
    `embedding` (batch, width) of length 1.
    """
    graph = _Graph()
    first = hidden = _embedded(graph, weights, in_bytes=roundings is not None)
    is_text = graph.add("Cast", "attention_mask", to=TensorProto.BOOL)
    own, places = is_text, ""
    for layer in range(layers):
        asked, going_on = own, ""
        if layer == NARROW_FROM and "worth" in weights:
            places = going_on = _telling(graph, first, weights["worth"], is_text)
            own = graph.add("GatherElements", is_text, places, axis=1)
        mask = _pairs(graph, own, asked)
        hidden = _layer(graph, weights, roundings, hidden, mask, layer, head_width, going_on)
    outputs = _heads(graph, weights, first, hidden, likeness, own, places)
    width = weights["queries"].shape[1]
    shapes: dict[str, list[str | int]] = {
        "factor_logits": ["batch", FACTOR_COUNT],
        "stance_logits": ["batch", FACTOR_COUNT, SENTIMENT_COUNT],
        "overall_logits": ["batch", SENTIMENT_COUNT],
        "level_logits": ["batch", LEVEL_COUNT],
        "concern_logit": ["batch"],
        "attention": ["batch", FACTOR_COUNT, "tokens"],
        "embedding": ["batch", width],
    }
    for name, source in outputs.items():
        graph.nodes.append(helper.make_node("Identity", [source], [name]))
    whole = helper.make_graph(
        graph.nodes,
        "comments",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name])
            for name in outputs
        ],
        graph.constants,
    )
    model = helper.make_model(
        whole, opset_imports=[helper.make_opsetid("", 23), helper.make_opsetid(_MICROSOFT, 1)]
    )
    model.ir_version = 10
    return model


def _embedded(graph: _Graph, weights: Mapping[str, Floats], *, in_bytes: bool) -> str:
    place = "encoder.embeddings."
    words = weights[place + "word_embeddings.weight"]
    if in_bytes:
        scales = (np.abs(words).max(axis=1) / 127).astype(np.float32)
        rounded = np.rint(words / np.maximum(scales, 1e-12)[:, None]).astype(np.int8)
        found = graph.add("Gather", graph.constant(rounded), "input_ids")
        scale = graph.add("Gather", graph.constant(scales), "input_ids")
        embedded = graph.add(
            "Mul",
            graph.add("Cast", found, to=TensorProto.FLOAT),
            graph.add("Unsqueeze", scale, graph.whole(2)),
        )
    else:
        embedded = graph.add("Gather", graph.constant(words), "input_ids")
    places = (
        weights[place + "position_embeddings.weight"]
        + weights[place + "token_type_embeddings.weight"][0]
    )
    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.whole(1))
    first = graph.add(
        "Slice", graph.constant(places), graph.whole(0), length, graph.whole(0)
    )
    return graph.add(
        "LayerNormalization",
        graph.add("Add", embedded, first),
        graph.constant(weights[place + "LayerNorm.weight"]),
        graph.constant(weights[place + "LayerNorm.bias"]),
        epsilon=_EPSILON,
        axis=-1,
    )


def _telling(graph: _Graph, embedded: str, worth: Floats, is_text: str) -> str:
    """Places of the tokens that go on, (batch, kept): see `nlp.training.model.kept`."""
    # No matrix product: what it gives for a token could depend on how many there are.
    weighed = graph.add("Mul", embedded, graph.constant(worth))
    keys = graph.add("ReduceSum", weighed, graph.whole(2), keepdims=0)
    keys = graph.add("Where", is_text, keys, graph.constant(np.float32(-np.inf)))
    tokens = graph.add("Gather", graph.add("Shape", "input_ids"), graph.whole(1))
    some, of_all = (graph.whole(number) for number in GOING_ON)
    share = graph.add("Div", graph.add("Mul", tokens, some), of_all)
    most = graph.add("Max", graph.add("Min", tokens, graph.whole(FEWEST)), share)
    return graph.add("TopK", keys, most, takes=1)


def _pairs(graph: _Graph, own: str, asked: str) -> str:
    """Which token may attend to which, (batch, 1, own tokens, asked tokens): all to what is no padding."""
    shape = graph.add("Shape", asked)
    batch, tokens = (graph.add("Gather", shape, graph.whole(axis)) for axis in (0, 1))
    asking = graph.add("Gather", graph.add("Shape", own), graph.whole(1))
    wanted = graph.add("Concat", batch, graph.whole(1), asking, tokens, axis=0)
    return graph.add("Expand", graph.add("Unsqueeze", asked, graph.whole(1, 2)), wanted)


def _layer(
    graph: _Graph,
    weights: Mapping[str, Floats],
    roundings: Mapping[str, Rounding] | None,
    hidden: str,
    mask: str,
    layer: int,
    head_width: int,
    going_on: str,
) -> str:
    """`going_on` are places of the tokens that ask, and go on; empty for all."""
    place = f"encoder.encoder.layer.{layer}."

    def rounded(source: str, point: str) -> _Source:
        # What attention hands on comes divided: its values are.
        return _rounded_source(graph, source, roundings, f"{layer}.{point}", is_divided=point == "context")

    def product(source: _Source, part: str, divided_for: Rounding | None = None) -> str:
        matrix, bias = weights[f"{place}{part}.weight"].T, weights[f"{place}{part}.bias"]
        if divided_for:
            matrix, bias = matrix / divided_for.spread, bias / divided_for.spread
        return _product(graph, source, matrix, bias)

    def normalised(source: str, rest: str, part: str) -> str:
        return graph.add(
            "LayerNormalization",
            graph.add("Add", source, rest),
            graph.constant(weights[f"{place}{part}.weight"]),
            graph.constant(weights[f"{place}{part}.bias"]),
            axis=-1,
            epsilon=_EPSILON,
        )

    source = asking = rounded(hidden, "attention_in")
    if going_on:
        going_on = graph.add("Unsqueeze", going_on, graph.whole(2))
        hidden = graph.add("GatherND", hidden, going_on, batch_dims=1)
        asking = replace(source, name=graph.add("GatherND", source.name, going_on, batch_dims=1))
    query = product(asking, "attention.self.query")
    key = product(source, "attention.self.key")
    # Attention hands values on in their proportions: they can be divided before it.
    context_rounding = roundings[f"{layer}.context"] if roundings else None
    value = product(source, "attention.self.value", context_rounding)
    heads = len(weights[f"{place}attention.self.query.weight"]) // head_width
    context = graph.add(
        "Attention", query, key, value, mask, q_num_heads=heads, kv_num_heads=heads
    )
    attended = product(rounded(context, "context"), "attention.output.dense")
    hidden = normalised(attended, hidden, "attention.output.LayerNorm")
    inner = product(rounded(hidden, "feed_forward_in"), "intermediate.dense")
    inner = graph.add("Gelu", inner, domain=_MICROSOFT)
    outer = product(rounded(inner, "activation"), "output.dense")
    return normalised(outer, hidden, "output.LayerNorm")


@dataclass(frozen=True, slots=True)
class _Source:
    """What goes into a product: floats, or 8-bit numbers with their step and zero."""

    name: str
    rounding: Rounding | None = None
    step: str = ""
    zero: str = ""


def _rounded_source(
    graph: _Graph,
    source: str,
    roundings: Mapping[str, Rounding] | None,
    point: str,
    *,
    is_divided: bool,
) -> _Source:
    """`source` in 8 bits where there are roundings; it may be divided by the rounding's spread already."""
    if roundings is None:
        return _Source(source)
    rounding = roundings[point]
    if not is_divided:
        source = graph.add("Mul", source, graph.constant((1 / rounding.spread).astype(np.float32)))
    step = np.float32((rounding.high - rounding.low) / 255)
    zero = np.uint8(np.clip(np.rint(-rounding.low / step), 0, 255))
    step_name, zero_name = graph.constant(step), graph.constant(zero)
    whole = graph.add("QuantizeLinear", source, step_name, zero_name)
    return _Source(whole, rounding, step_name, zero_name)


def _product(graph: _Graph, source: _Source, matrix: Floats, bias: Floats) -> str:
    """`source` times `matrix` (inputs, outputs) plus `bias`."""
    if source.rounding is None:
        product = graph.add("MatMul", source.name, graph.constant(np.ascontiguousarray(matrix)))
        return graph.add("Add", product, graph.constant(bias))
    rounded, scales = _rounded(matrix * source.rounding.spread[:, None])
    return graph.add(
        "MatMulIntegerToFloat",
        source.name,
        graph.constant(rounded),
        source.step,
        graph.constant(scales),
        source.zero,
        "",
        graph.constant(bias),
        domain=_MICROSOFT,
    )


def _rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """A matrix in whole numbers, and the scale of each of its columns."""
    scales = (np.maximum(np.abs(matrix).max(axis=0), 1e-8) / _LARGEST_WEIGHT).astype(np.float32)
    return np.rint(matrix / scales).astype(np.int8), scales


def _heads(
    graph: _Graph,
    weights: Mapping[str, Floats],
    first: str,
    hidden: str,
    likeness: Likeness,
    own: str,
    places: str,
) -> dict[str, str]:
    """The outputs' sources by the outputs' names; see `nlp.training.model` for the sums.

    `own` says which tokens of `hidden` are text, `places` where they stand; empty where all are there.
    """
    width = weights["queries"].shape[1]
    all_text = graph.add("Unsqueeze", graph.add("Cast", "attention_mask", to=1), graph.whole(1))
    mask = graph.add("Unsqueeze", graph.add("Cast", own, to=1), graph.whole(1))
    scores = graph.add("MatMul", hidden, graph.constant(np.ascontiguousarray(weights["queries"].T)))
    hide = graph.add(
        "Mul",
        graph.add("Sub", mask, graph.constant(np.float32(1))),
        graph.constant(np.float32(1e4)),
    )
    attention = graph.add(
        "Softmax", graph.add("Add", graph.add("Transpose", scores, perm=[0, 2, 1]), hide), axis=-1
    )
    pooled = graph.add("MatMul", attention, hidden)

    def mean_of(states: str, mask: str) -> str:
        summed = graph.add("Squeeze", graph.add("MatMul", mask, states), graph.whole(1))
        return graph.add("Div", summed, graph.add("ReduceSum", mask, graph.whole(2), keepdims=0))

    mean = mean_of(hidden, mask)
    both = graph.add("Concat", mean_of(first, all_text), mean, axis=1)
    mapped = graph.add("MatMul", both, graph.constant(likeness.matrix))
    embedding = graph.add("Add", mapped, graph.constant(likeness.shift))

    def part(source: str, start: int, end: int) -> str:
        return graph.add("Slice", source, graph.whole(start), graph.whole(end), graph.whole(1))

    def one(query: int) -> str:
        return graph.add("Squeeze", part(pooled, query, query + 1), graph.whole(1))

    def linear(own: str, head: str, *, of_factors: bool = False) -> str:
        matrix = weights[f"{head}.weight"].T
        of_mean = graph.add("MatMul", mean, graph.constant(np.ascontiguousarray(matrix[width:])))
        if of_factors:
            of_mean = graph.add("Unsqueeze", of_mean, graph.whole(1))
        of_own = graph.add("MatMul", own, graph.constant(np.ascontiguousarray(matrix[:width])))
        bias = graph.constant(weights[f"{head}.bias"])
        return graph.add("Add", graph.add("Add", of_own, of_mean), bias)

    factors = part(pooled, 0, FACTOR_COUNT)
    weighed = graph.add("Mul", factors, graph.constant(weights["factor_weight"]))
    summed_factors = graph.add("ReduceSum", weighed, graph.whole(2), keepdims=0)
    return {
        "factor_logits": graph.add(
            "Add", summed_factors, graph.constant(weights["factor_bias"])
        ),
        "stance_logits": linear(factors, "stance", of_factors=True),
        "overall_logits": linear(one(WHOLE), "overall"),
        "level_logits": linear(one(WHOLE), "level"),
        "concern_logit": graph.add("Squeeze", linear(one(CONCERN), "concern"), graph.whole(1)),
        "attention": _where_they_stand(graph, part(attention, 0, FACTOR_COUNT), places),
        "embedding": graph.add("LpNormalization", embedding, axis=-1, p=2),
    }


def _where_they_stand(graph: _Graph, weights: str, places: str) -> str:
    """`weights` (batch, 7, kept) among all tokens, (batch, 7, tokens): 0 for those that went no further."""
    if not places:
        return weights
    shape = graph.add("Shape", "input_ids")
    batch, tokens = (graph.add("Gather", shape, graph.whole(axis)) for axis in (0, 1))
    wanted = graph.add("Concat", batch, graph.whole(FACTOR_COUNT), tokens, axis=0)
    nothing = graph.add("Expand", graph.constant(np.float32(0)), wanted)
    of_each = graph.add("Expand", graph.add("Unsqueeze", places, graph.whole(1)), graph.add("Shape", weights))
    return graph.add("ScatterElements", nothing, of_each, weights, axis=2)
