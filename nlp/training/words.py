"""Learning what words alone say of each factor: logistic regression over terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import vstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from nlp.bag_of_words import BagOfWords, terms
from nlp.encoder import Floats
from nlp.taxonomy import FACTORS

#: A term that fewer comments use is left out: it says little, and may be a person's name.
_LEAST_COMMENTS = 5

_MOST_TERMS = 50_000

#: Inverse strength of the ridge penalty.
_FREEDOM = 4.0


def words_of(texts: Sequence[str], chances: Floats, are_staffs: Sequence[bool | None]) -> BagOfWords:
    """`chances` (n, 7) are those that each factor should have in each of `texts`, (n,); `are_staffs`
    (n,) tells comments written for the project, in the voice of care staff, from published reviews and
    posts; None where it is neither."""
    counter = TfidfVectorizer(
        analyzer=terms, min_df=_LEAST_COMMENTS, max_features=_MOST_TERMS, sublinear_tf=True
    )
    matrix = counter.fit_transform(texts)
    # A chance is a comment that has the factor and one that has not, each counted as far.
    both = vstack([matrix, matrix]).tocsr()
    has = np.repeat([1, 0], len(texts))
    fits = []
    for column in tqdm(range(len(FACTORS)), desc="words"):
        # Present factors weigh more, as they do for the network.
        weights = np.concatenate([2 * chances[:, column], 1 - chances[:, column]])
        fits.append(
            LogisticRegression(C=_FREEDOM, solver="liblinear").fit(both, has, sample_weight=weights)
        )
    told = np.array([each is not None for each in are_staffs])
    voices = np.array([bool(each) for each in are_staffs])[told]
    weights, bias = [fit.coef_[0] for fit in fits], [fit.intercept_[0] for fit in fits]
    if voices.any() and not voices.all():
        # Either voice counts as much as the other, however many comments are in it.
        voice = LogisticRegression(C=_FREEDOM, solver="liblinear", class_weight="balanced")
        voice.fit(matrix[told], voices)
        weights.append(voice.coef_[0])
        bias.append(voice.intercept_[0])
    else:
        # Comments of one voice cannot tell it from the other: each is as likely.
        weights.append(np.zeros(matrix.shape[1]))
        bias.append(0.0)
    return BagOfWords(
        vocabulary=list(counter.get_feature_names_out()),
        rarity=counter.idf_.astype(np.float32),
        weights=np.stack(weights, axis=1).astype(np.float32),
        bias=np.array(bias, dtype=np.float32),
    )
