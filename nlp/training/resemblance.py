"""How far a network is from another, such as the whole one that it was pruned from, text by text.

Source: Jiao et al. 2020, "TinyBERT", of the last layer's states; Ba and Caruana 2014, "Do deep nets really
need to be deep?", of the logits.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from tqdm import tqdm

from nlp.training.batches import Texts
from nlp.training.model import BRAIN_FLOATS, CommentModel, Outputs

#: Tokens of a batch that is only read.
_BUDGET = 4000

#: How much what is missed of the logits weighs beside what is missed of the states, which say far more.
_LOGITS = 4.0


class Resemblance:
    """What the network `like` makes of `texts`: its last layer's states in 16 bits, some 30 kB a text, and
    its logits. From then on it sums as in training."""

    @torch.no_grad()
    def __init__(self, like: CommentModel, texts: Texts) -> None:
        like.eval()
        like.brain_floats = BRAIN_FLOATS
        self._states: list[Tensor] = [torch.empty(0)] * len(texts.ids)
        logits = self._states.copy()
        for group in tqdm(list(texts.batches(_BUDGET, None)), desc="what it should be like", mininterval=5):
            outputs = like(*texts.padded(group))
            counts, said = outputs.mask.sum(1), _logits_of(outputs)
            for row, place in enumerate(group):
                self._states[place] = outputs.states[row, : int(counts[row])].half()
                logits[place] = said[row]
        self._logits = torch.stack(logits)
        means = torch.stack([states.float().mean(0) for states in self._states])
        squares = torch.stack([states.float().square().mean() for states in self._states])
        self._spread = squares.mean() - means.mean(0).square().mean()
        self._spread_of_logits = self._logits.var(0)

    def loss(self, outputs: Outputs, group: Sequence[int]) -> Tensor:
        """Mean squares of what is missed of the states and of the logits, each as a share of their variance,
        for the texts at the places `group`."""
        states = pad_sequence([self._states[place] for place in group], batch_first=True).float()
        missed = (outputs.states - states).square().mean(-1)
        of_texts = (missed * outputs.mask).sum(1) / outputs.mask.sum(1)
        of_logits = (_logits_of(outputs) - self._logits[list(group)]).square() / self._spread_of_logits
        return of_texts.mean() / self._spread + _LOGITS * of_logits.mean()


def _logits_of(outputs: Outputs) -> Tensor:
    heads = (outputs.factors, outputs.stances, outputs.overall, outputs.levels, outputs.concern[:, None])
    return torch.cat([head.flatten(1) for head in heads], dim=1)
