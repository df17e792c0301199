"""Occupations by a classifier of titles: what words and pairs of words stand for together.

Belongs here: reading the shipped classifier (``data/classifier.npz``) and what it says of titles. Does not: how it was
trained (``tools/train_title_classifier.py``), evidence learnt from the release itself (``meaning``).

https://arxiv.org/abs/1607.01759
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.matrices import Arrays, incidence
from onet_pipeline.roles.search.readout import Readout
from onet_pipeline.roles.search.terms import stem

_REACH = 8.0
"""Log-likelihood below the likeliest at which an occupation scores nothing: from 6 to 12 recall@20 moves by 0.003."""
_UNKNOWN = -1e6
"""Log-likelihood of an occupation that the classifier does not know."""


def features(title: str) -> list[str]:
    """Return the distinct stems of a normalised title and, of neighbours, the pairs.

    >>> features("nurse educators")
    ['nurs', 'educat', 'nurs educat']
    """
    stems = [stem(word) for word in title.split()]
    return list(dict.fromkeys([*stems, *map(" ".join, pairwise(stems))]))


@dataclass(frozen=True, slots=True, eq=False)
class Shipped:
    """What comes with the package: a vector for each feature; weights and an offset for each O*NET-SOC code.

    Vectors are kept in whole steps, a quarter of the room that numbers of 32 bits take.
    """

    number: Mapping[str, int]
    steps: NDArray[np.int8]
    step: np.float32
    codes: Sequence[str]
    weights: NDArray[np.float32]
    offset: NDArray[np.float32]

    def encode(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the mean vector of the known features of each normalised title (row), of length one at most."""
        place: dict[int, int] = {}
        known = ((self.number[name] for name in features(title) if name in self.number) for title in titles)
        held = incidence(((place.setdefault(number, len(place)) for number in numbers) for numbers in known), place)
        count = np.diff(held.indptr)
        held.data /= np.repeat(count, count)
        return np.asarray(held @ (self.steps[list(place)] * self.step))


@cache
def shipped_classifier() -> Shipped:
    """Return the classifier that comes with the package, read once."""
    path = files("onet_pipeline.roles.search").joinpath("data/classifier.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        names, codes = (stored[name].tobytes().decode().split("\n") for name in ("features", "codes"))
        weights, offset = (stored[name].astype(np.float32) for name in ("weights", "offset"))
        number = {name: at for at, name in enumerate(names)}
        return Shipped(number, stored["vectors"], np.float32(stored["step"]), codes, weights, offset)


class TitleClassifier:
    """Scores occupations by their likelihood: 1 for the likeliest, 0 far behind it or for a code it does not know."""

    def __init__(self, readout: Readout, shipped: Shipped | None = None) -> None:
        """``readout`` has a row for each occupation of the release."""
        self._readout, self._shipped = readout, shipped or shipped_classifier()

    @classmethod
    def of(cls, corpus: Corpus, shipped: Shipped | None = None) -> TitleClassifier:
        """Take what is known of the occupations of a corpus."""
        shipped = shipped or shipped_classifier()
        row = {code: at for at, code in enumerate(shipped.codes)}
        rows = np.array([row.get(occupation.code, -1) for occupation in corpus.occupations], np.int32)
        known = rows >= 0
        offset = np.where(known, shipped.offset[rows], np.float32(_UNKNOWN))
        return cls(Readout.of(shipped.weights[rows] * known[:, None], offset), shipped)

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows); 0 where no word is known."""
        vectors = self._shipped.encode(titles)
        scores = self._readout.values(vectors)
        scores -= scores.max(axis=1, keepdims=True, initial=_UNKNOWN / 2)
        scores *= np.float32(1 / _REACH)
        scores += 1
        np.maximum(scores, 0, out=scores)
        scores[~vectors.any(axis=1)] = 0
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store; the vectors come with the package."""
        return self._readout.arrays()

    @classmethod
    def restored(cls, arrays: Arrays, shipped: Shipped | None = None) -> TitleClassifier:
        """Make the ranker from what was stored."""
        return cls(Readout(**arrays), shipped)
