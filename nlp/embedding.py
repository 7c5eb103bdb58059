"""Embeddings of sentences by the shipped network: what sub-themes are made from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlp import artefacts
from nlp.artefacts import ArtefactError
from nlp.clustering import Floats
from nlp.encoder import Encoder

#: Sentences whose raw outputs are held at once.
_BATCH = 1024


class Embedder:
    """The network of a verified model folder; of the newest shipped one without a folder.

    Raises ArtefactError when the folder is not what its manifest says, or is of another kind.
    """

    def __init__(self, version_dir: Path | None = None, *, threads: int | None = None) -> None:
        artefact = artefacts.verify(version_dir or artefacts.newest())
        stages = [stage for stage in artefact.manifest["components"] if stage["stage"] == "encoder"]
        if len(stages) != 1 or "max_tokens" not in stages[0]["config"]:
            raise ArtefactError(f"The model of {artefact.version} has no network that embeds.")
        self.model_version = artefact.version
        self._encoder = Encoder(
            artefact.directory, max_tokens=stages[0]["config"]["max_tokens"], threads=threads
        )

    def embed(self, sentences: Sequence[str]) -> Floats:
        """One row (n, width) of length 1 for each of the redacted `sentences`; equal ones get equal
        rows. Raises ArtefactError when the model is older than embeddings are.
        """
        once = sorted(set(sentences))
        rows: list[Floats] = []
        for start in range(0, len(once), _BATCH):
            for encoded in self._encoder.encode(once[start : start + _BATCH]):
                if encoded.embedding is None:
                    raise ArtefactError(
                        f"The model of {self.model_version} gives no embeddings. Use a newer one."
                    )
                rows.append(encoded.embedding)
        if not rows:
            return np.zeros((0, 0), dtype=np.float32)
        place = {sentence: i for i, sentence in enumerate(once)}
        result: Floats = np.stack(rows)[[place[sentence] for sentence in sentences]]
        return result.astype(np.float32, copy=False)
