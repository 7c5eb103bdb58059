"""Groups of alike vectors: average linkage on cosine distance, the number of groups from the data.

In numpy: of scipy and scikit-learn, 150 MB in every install, this needs one linkage, one silhouette
and one assignment.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

#: Vectors from which the groups are found; the rest join the nearest. The distances take 4 bytes
#: times its square.
SAMPLE = 2000

#: More groups than this nobody reads.
MOST_GROUPS = 10

#: A member is nearer to its group's centre than all but this share of pairs of a vector and the
#: centre of another group.
_STRANGERS = 0.005

#: Among divisions whose score is at least this share of the best, the one of most groups is taken:
#: the score is flat, and large groups say little.
_NEARLY_BEST = 0.8

#: Rounds in which members may move to a nearer group.
_ROUNDS = 10

#: Rows compared with the centres at once.
_ROWS = 4096


def group(vectors: Floats, *, smallest: int, weights: Integers | None = None) -> Integers:
    """The group of each of the unit `vectors` (n, d), as (n,): 0 for the heaviest, -1 for none.

    `weights` (n,) says how many each vector stands for; `smallest` is the least weight of a group.
    Equal vectors should come once, with their weight. When there are more than `SAMPLE`, the first
    stand for all, so their order must say nothing about them. The same input gives the same groups.
    """
    weights = np.ones(len(vectors), dtype=np.int64) if weights is None else weights
    if not len(vectors) or weights.sum() < smallest:
        return np.full(len(vectors), -1, dtype=np.int64)
    centres, cut = _division(vectors[:SAMPLE], weights[:SAMPLE], smallest)
    labels = np.concatenate(
        [_members(vectors[start : start + _ROWS] @ centres.T, cut) for start in range(0, len(vectors), _ROWS)]
    )
    return _by_weight(labels, weights, smallest)


def linkage(similarity: Floats) -> list[tuple[int, int]]:
    """Average-linkage merges, the most alike first: (row that stays, row merged into it).

    `similarity` (n, n) is symmetric, and is used up. Chains of nearest neighbours (Murtagh 1983)
    with the update of Lance and Williams (1967): time n², and no memory but the matrix.
    """
    size = np.ones(len(similarity))
    np.fill_diagonal(similarity, -np.inf)
    merges: list[tuple[int, int, float]] = []
    chain: list[int] = []
    while len(merges) < len(similarity) - 1:
        if not chain:
            chain.append(int(np.argmax(size > 0)))
        row = similarity[chain[-1]]
        nearest = int(row.argmax())
        if len(chain) > 1 and row[chain[-2]] >= row[nearest]:
            one, other = sorted((chain.pop(), chain.pop()))
            merges.append((one, other, float(similarity[one, other])))
            joint = size[one] * similarity[one] + size[other] * similarity[other]
            joint /= size[one] + size[other]
            similarity[one, :] = similarity[:, one] = joint
            similarity[other, :] = similarity[:, other] = -np.inf
            similarity[one, one] = -np.inf
            size[one] += size[other]
            size[other] = 0
        else:
            chain.append(nearest)
    return [merge[:2] for merge in sorted(merges, key=lambda merge: -merge[2])]


def silhouette(vectors: Floats, labels: Integers) -> float:
    """Mean silhouette (Rousseeuw 1987) on cosine distance of unit `vectors` (n, d), -1 to 1.

    Vectors without a group (-1) and those alone in theirs count as 0; so do fewer than two groups.
    """
    has_group = labels >= 0
    members, own = vectors[has_group], labels[has_group]
    sizes = np.bincount(own)
    if len(sizes) < 2:
        return 0.0
    everyone = np.arange(len(own))
    to_groups = members @ _sums(members, own).T  # mean distance to a group: 1 - this / its size
    itself = np.einsum("ij,ij->i", members, members)
    within = 1 - (to_groups[everyone, own] - itself) / np.maximum(sizes[own] - 1, 1)
    between = 1 - to_groups / np.maximum(sizes, 1)
    between[:, sizes == 0] = np.inf
    between[everyone, own] = np.inf
    nearest = between.min(axis=1)
    widths = (nearest - within) / np.maximum(np.maximum(nearest, within), 1e-9)
    return float(np.where(sizes[own] > 1, widths, 0).sum() / len(vectors))


def unit(vectors: Floats) -> Floats:
    """Each row divided by its length; rows of (nearly) no length become 0."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: Floats = np.where(length > 1e-5, vectors / np.maximum(length, 1e-5), 0)
    return result.astype(np.float32)


def _division(sample: Floats, weights: Integers, smallest: int) -> tuple[Floats, float]:
    """Unit centres (groups, d) of the best division, and how near to one a member must be."""
    everyone: tuple[Floats, float] = unit(sample.mean(axis=0, keepdims=True)), -np.inf
    found: list[tuple[float, int, Floats, float]] = []
    for labels in _cuts(len(sample), linkage(sample @ sample.T)):
        centres, cut = _settled(sample, labels, weights, smallest)
        if 2 <= len(centres) <= MOST_GROUPS:
            score = silhouette(sample, _members(sample @ centres.T, cut))
            found.append((score, len(centres), centres, cut))
    best = max((score for score, *_ in found), default=0.0)
    if best <= 0:
        return everyone
    close = [division for division in found if division[0] >= _NEARLY_BEST * best]
    return max(close, key=lambda division: (division[1], division[0]))[2:]


def _cuts(count: int, merges: list[tuple[int, int]]) -> list[Integers]:
    """The divisions of `count` vectors into 2, 3, ... branches.

    More of them than there may be groups, as some branches are too small to be one.
    """
    labels = np.arange(count)
    cuts = []
    for left, (one, other) in zip(range(count - 1, 1, -1), merges, strict=False):
        labels[labels == other] = one
        if left <= 4 * MOST_GROUPS:
            cuts.append(np.unique(labels, return_inverse=True)[1])
    return cuts


def _settled(sample: Floats, labels: Integers, weights: Integers, smallest: int) -> tuple[Floats, float]:
    """Centres and cut after members moved to the nearest centre and strangers left (k-means)."""
    centres = _centres(sample, labels, weights, smallest)
    cut = -np.inf
    for _ in range(_ROUNDS):
        if not 2 <= len(centres) <= MOST_GROUPS:
            break
        similarity = sample @ centres.T
        cut = _farthest_member(similarity)
        moved = _members(similarity, cut)
        if np.array_equal(moved, labels):
            break
        labels = moved
        centres = _centres(sample, labels, weights, smallest)
    return centres, cut


def _farthest_member(similarity: Floats) -> float:
    to_others = np.sort(similarity, axis=1)[:, :-1]
    return float(np.quantile(to_others, 1 - _STRANGERS))


def _members(similarity: Floats, cut: float) -> Integers:
    return np.where(similarity.max(axis=1) >= cut, similarity.argmax(axis=1), -1)


def _centres(vectors: Floats, labels: Integers, weights: Integers, smallest: int) -> Floats:
    """Unit centres of the groups that weigh enough."""
    has_group = labels >= 0
    own, heavy = labels[has_group], weights[has_group]
    if not len(own):
        return vectors[:0]
    sums = _sums(vectors[has_group] * heavy[:, None].astype(np.float32), own)
    return unit(sums[np.bincount(own, heavy) >= smallest])


def _sums(vectors: Floats, labels: Integers) -> Floats:
    """Sum (groups, d) of the vectors of each group."""
    is_member = labels[None, :] == np.arange(labels.max() + 1)[:, None]
    result: Floats = is_member.astype(np.float32) @ vectors
    return result


def _by_weight(labels: Integers, weights: Integers, smallest: int) -> Integers:
    has_group = labels >= 0
    if not has_group.any():
        return labels
    heavy = np.bincount(labels[has_group], weights[has_group])
    names = np.full(len(heavy) + 1, -1, dtype=np.int64)  # the last is for -1
    order = [label for label in np.argsort(-heavy, kind="stable") if heavy[label] >= smallest]
    names[order] = np.arange(len(order))
    result: Integers = names[labels]
    return result
