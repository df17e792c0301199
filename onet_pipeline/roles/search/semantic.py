"""Occupations by a sentence model of one's own choice: the extra ``semantic``, off unless a model is named.

Belongs here: what its vectors of a release's titles and descriptions say of occupations. Does not: making vectors
(``encoder``), keeping them (``embeddings``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.embeddings import Embeddings, Rounded
from onet_pipeline.roles.search.encoder import Encoder, Progress, SentenceEncoder
from onet_pipeline.roles.search.fusion import scaled
from onet_pipeline.roles.search.matrices import Arrays, prefixed, under
from onet_pipeline.roles.search.meaning import classifier, standing_out
from onet_pipeline.roles.search.readout import Readout
from onet_pipeline.roles.search.sentence_model import SentenceModel
from onet_pipeline.roles.titles import normalise

_QUERY_STEPS = 4095
_TITLES_AT_ONCE = 8192
"""Rows of titles compared at once: 12 MB at 384 numbers."""


class Semantic:
    """Scores occupations by a title's likeness to their nearest title and to their description, and by a classifier."""

    def __init__(
        self,
        encoder: Encoder,
        titles: Rounded,
        occupation: NDArray[np.int32],
        described: Readout,
        learnt: Readout,
    ) -> None:
        """``occupation`` numbers, ascending, the occupation of each of ``titles``; see ``of`` and ``restored``."""
        self._encoder = encoder
        self._titles, self._occupation = titles, occupation
        self._described, self._learnt = described, learnt
        self._count = len(described.arrays()["step"])

    @classmethod
    def of(cls, corpus: Corpus, encoder: Encoder, embeddings: Embeddings, progress: Progress | None = None) -> Semantic:
        """Learn from a corpus; a text that ``embeddings`` knows is not encoded again.

        The titles of the package are left out: with them the first index takes four times as long to make.
        """
        titles = corpus.listed
        descriptions = [normalise(occupation.description) for occupation in corpus.occupations]
        vectors = embeddings.of([row.text for row in titles] + descriptions, progress)
        named, described = vectors.rows(slice(len(titles))), vectors.rows(slice(len(titles), None)).floats()
        count = len(descriptions)
        examples = np.concatenate([named.floats(), described])
        named_of = np.array([row.occupation for row in titles], np.int32)
        likely = classifier(examples, np.concatenate([named_of, np.arange(count, dtype=np.int32)]), count)
        learnt = Readout.of(likely[:, :-1], likely[:, -1])
        return cls(encoder, named, named_of, Readout.of(described), learnt)

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows)."""
        asked = self._encoder.encode(titles)
        scores = standing_out(self.best_titles(asked))
        scores += standing_out(self._described.values(asked))
        scores += scaled(np.maximum(self._learnt.values(asked), 0))
        scores[~asked.any(axis=1)] = 0
        return scores

    def best_titles(self, asked: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the likeness of vectors (rows) to the nearest title of each occupation (column)."""
        # Sums of products of whole numbers, exact as in ``Readout``.
        columns = np.rint(asked * np.float32(_QUERY_STEPS)).T
        best = np.full((self._count, asked.shape[0]), -1, np.float32)
        for start in range(0, len(self._occupation), _TITLES_AT_ONCE):
            part = slice(start, start + _TITLES_AT_ONCE)
            likeness = self._titles.steps[part].astype(np.float32) @ columns
            likeness *= self._titles.step[part, None] / np.float32(_QUERY_STEPS)
            occupations, first = np.unique(self._occupation[part], return_index=True)
            best[occupations] = np.maximum(best[occupations], np.maximum.reduceat(likeness, first, axis=0))
        return np.ascontiguousarray(best.T)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store; of the model, its identity."""
        return {
            "model": np.frombuffer(self._encoder.identity.encode(), np.uint8),
            "occupation": self._occupation,
            **prefixed("titles", self._titles.arrays()),
            **prefixed("described", self._described.arrays()),
            **prefixed("learnt", self._learnt.arrays()),
        }

    @classmethod
    def restored(cls, arrays: Arrays, encoder: Encoder) -> Semantic:
        """Make the ranker from what was stored.

        Raises:
            SettingsError: it was made with another model.
        """
        if arrays["model"].tobytes().decode() != encoder.identity:
            raise SettingsError("The search index was made with another sentence model than ONET_SEMANTIC_MODEL names.")
        described, learnt = (Readout(**under(name, arrays)) for name in ("described", "learnt"))
        return cls(encoder, Rounded(**under("titles", arrays)), arrays["occupation"], described, learnt)


@dataclass(frozen=True, slots=True, eq=False)
class SemanticKind:
    """How the ranker is built and made again with one model; the counterpart of ``rankers.Kind``."""

    encoder: Encoder
    embeddings: Embeddings
    progress: Progress | None = None

    def built(self, corpus: Corpus) -> Semantic:
        """Build the ranker."""
        return Semantic.of(corpus, self.encoder, self.embeddings, self.progress)

    def restored(self, arrays: Arrays) -> Semantic:
        """Make it from what was stored."""
        return Semantic.restored(arrays, self.encoder)


def semantic_kind(model: SentenceModel, folder: Path | UPath, progress: Progress | None = None) -> SemanticKind:
    """Load a model for search; ``folder`` keeps what it makes of texts, ``progress`` is told while it does.

    Raises:
        SettingsError: the model cannot be used.
    """
    encoder = SentenceEncoder(model)
    return SemanticKind(encoder, Embeddings(folder, encoder), progress)
