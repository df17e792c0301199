"""Occupations by meaning: evidence where a title shares no letters with anything that O*NET says.

Belongs here: what vectors of a release's texts say of its occupations, in closed form. Does not: the vectors
(``vectors``), evidence from spelling (``bm25``, ``nearest``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.fusion import scaled
from onet_pipeline.roles.search.matrices import Arrays, prefixed, under
from onet_pipeline.roles.search.readout import Readout
from onet_pipeline.roles.search.vectors import WordVectors, shipped_vectors, unit
from onet_pipeline.roles.titles import normalise

_RIDGE = 0.3
"""Share of the mean variance added to every direction: from 0.03 to 1 recall@20 moves by 0.004."""


class Meaning:
    """Scores occupations by two readings of a title's vector: its likeness to a portrait of each, and a classifier."""

    def __init__(self, vectors: WordVectors, portraits: Readout, classifier: Readout) -> None:
        """Made by ``of`` and ``restored``."""
        self._vectors, self._portraits, self._classifier = vectors, portraits, classifier

    @classmethod
    def of(cls, corpus: Corpus, vectors: WordVectors | None = None) -> Meaning:
        """Learn from a corpus: an occupation's portrait is its description, titles and tasks in equal parts.

        ``vectors`` are those of the package unless others are given.
        """
        vectors = vectors or shipped_vectors()
        count = len(corpus.occupations)
        described = vectors.encode([normalise(occupation.description) for occupation in corpus.occupations])
        named = vectors.encode([row.text for row in corpus.rows])
        done = vectors.encode([normalise(task.description) for task in corpus.release.tasks])
        doer = np.array([corpus.number[task.code] for task in corpus.release.tasks], np.int32)
        portraits = described + unit(_sums(named, corpus.row_occupation, count)) + unit(_sums(done, doer, count))
        examples = np.concatenate([named, described, done])
        occupation = np.concatenate([corpus.row_occupation, np.arange(count, dtype=np.int32), doer])
        likely = classifier(examples, occupation, count)
        return cls(vectors, Readout.of(unit(portraits)), Readout.of(likely[:, :-1], likely[:, -1]))

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows); 0 for an empty title."""
        asked = self._vectors.encode(titles)
        likely = np.maximum(self._classifier.values(asked), 0)
        scores = standing_out(self._portraits.values(asked)) + scaled(likely)
        scores[~asked.any(axis=1)] = 0
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store; the word vectors come with the package."""
        return {**prefixed("portraits", self._portraits.arrays()), **prefixed("classifier", self._classifier.arrays())}

    @classmethod
    def restored(cls, arrays: Arrays, vectors: WordVectors | None = None) -> Meaning:
        """Make the ranker from what was stored."""
        portraits, classifier = (Readout(**under(name, arrays)) for name in ("portraits", "classifier"))
        return cls(vectors or shipped_vectors(), portraits, classifier)


def standing_out(similar: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how far a similarity is above the mean of its row, scaled to a best of 1; 0 where it is not."""
    return scaled(np.maximum(similar - similar.mean(axis=1, keepdims=True), 0))


def _sums(vectors: NDArray[np.float32], occupation: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    from scipy.sparse import csr_array

    ones = np.ones(len(occupation), np.float32)
    belongs: csr_array = csr_array((ones, (occupation, np.arange(len(occupation)))), shape=(count, len(occupation)))
    sums: NDArray[np.float32] = belongs @ vectors
    return sums


def classifier(examples: NDArray[np.float32], occupation: NDArray[np.int32], count: int) -> NDArray[np.float32]:
    """Return a row per occupation: the ridge regression of "is this it" on the vectors and, last, a constant.

    Examples count by one over the root of their occupation's number: many titles make one likelier, but less than in
    proportion.
    """
    weight = (1 / np.sqrt(np.bincount(occupation, minlength=count)))[occupation].astype(np.float32)
    inputs = np.column_stack([examples, np.ones(len(examples), np.float32)])
    weighted = inputs * weight[:, None]
    gram = weighted.T @ inputs
    gram += _RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram), dtype=np.float32)
    learnt = np.linalg.solve(gram, _sums(weighted, occupation, count).T)
    return np.asarray(learnt.T, np.float32)
