"""Vectors of texts, in a byte a number, kept by content: a text is put through a model once.

Belongs here: rounding, the store of what has been encoded. Does not: encoding (``encoder``), files (``artefact``).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from onet_pipeline.errors import SearchIndexDamaged, SearchIndexMissing
from onet_pipeline.roles.search import artefact
from onet_pipeline.roles.search.encoder import Encoder, Progress
from onet_pipeline.roles.search.matrices import Arrays

log = logging.getLogger(__name__)

_STEPS = 127
_KEY = 16
"""Bytes of a text's hash that are kept."""
MOST_KEPT = 200_000
"""Texts of earlier releases are kept up to this number in all: about 80 MB."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """Vectors (rows) as whole steps, -127 to 127, and the size of a step for each; off by 0.0001 in a likeness."""

    steps: NDArray[np.int8]
    step: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Rounded:
        """Round vectors."""
        step = (np.abs(vectors).max(axis=1, initial=0) / _STEPS).astype(np.float32)
        step[step == 0] = 1
        return cls(np.rint(vectors / step[:, None]).astype(np.int8), step)

    def floats(self) -> NDArray[np.float32]:
        """Return the vectors that the steps stand for."""
        return self.steps * self.step[:, None]

    def rows(self, at: Sequence[int] | slice) -> Rounded:
        """Return some of the rows."""
        return Rounded(self.steps[at], self.step[at])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        return {"steps": self.steps, "step": self.step}


class Embeddings:
    """What a model made of texts, under ``folder``; each text is encoded when it is first asked for."""

    def __init__(self, folder: Path | UPath, encoder: Encoder) -> None:
        """Nothing is read before it is needed."""
        self._folder = UPath(folder) / encoder.identity[:_KEY]
        self._encoder = encoder

    def of(self, texts: Sequence[str], progress: Progress | None = None) -> Rounded:
        """Return the vectors of texts (rows), and keep those that are new."""
        keys = [hashlib.sha256(text.encode()).digest()[:_KEY] for text in texts]
        known, kept = self._kept()
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            log.info("Encoding %d texts with the sentence model; %d are known.", len(new), len(texts) - len(new))
            made = Rounded.of(self._encoder.encode(list(new.values()), progress))
            if len(known) + len(new) > MOST_KEPT:
                wanted = [key for key in dict.fromkeys(keys) if key in known]
                kept = kept and kept.rows([known[key] for key in wanted])
                known = {key: at for at, key in enumerate(wanted)}
            kept = _joined(kept, made)
            known |= {key: at for at, key in enumerate(new, start=len(known))}
            self._keep(list(known), kept)
        if kept is None:
            return Rounded.of(self._encoder.encode([]))
        return kept.rows([known[key] for key in keys])

    def _kept(self) -> tuple[dict[bytes, int], Rounded | None]:
        try:
            manifest, arrays = artefact.read(self._folder)
            if manifest.version == self._encoder.identity:
                return _read(arrays)
        except SearchIndexMissing:
            pass
        except SearchIndexDamaged as error:
            log.warning("%s The texts are encoded anew.", error)
        return {}, None

    def _keep(self, keys: Sequence[bytes], vectors: Rounded) -> None:
        listed = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY)
        artefact.write(self._folder, self._encoder.identity, {"keys": listed, **vectors.arrays()})


def _read(arrays: Arrays) -> tuple[dict[bytes, int], Rounded]:
    known = {key.tobytes(): at for at, key in enumerate(arrays["keys"])}
    return known, Rounded(arrays["steps"], arrays["step"])


def _joined(first: Rounded | None, second: Rounded) -> Rounded:
    if first is None:
        return second
    return Rounded(np.concatenate([first.steps, second.steps]), np.concatenate([first.step, second.step]))
