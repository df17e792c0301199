"""Whole-occupation evidence: BM25 over one document per occupation.

Belongs here: weighing the terms of documents and scoring titles by them. Does not: what a term is (``terms``), or
what stands in a document (``documents``).

https://doi.org/10.1561/1500000019
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.matrices import Arrays, put_together, taken_apart
from onet_pipeline.roles.search.vocabulary import Cut, Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_SATURATION = 1.2
_LENGTH_WEIGHT = 0.75
_COMMON = 0.3
"""Terms that more than this share of occupations hold are left out: no recall is lost, half of the time saved."""


class Bm25:
    """Scores occupations by the terms that a title shares with their documents."""

    def __init__(self, vocabulary: Vocabulary, weights: csr_array) -> None:
        """``weights`` has a row per term and a column per occupation."""
        self._vocabulary = vocabulary
        self._weights = weights

    @classmethod
    def of(cls, cut: Cut, documents: Sequence[Iterable[str]]) -> Bm25:
        """Weigh the documents, one a number of words, with the customary constants (k1 1.2, b 0.75)."""
        vocabulary = Vocabulary.of(cut, documents)
        return cls(vocabulary, _weights(vocabulary.counts(documents)))

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows)."""
        present = self._vocabulary.presence(title.split() for title in titles)
        scores: NDArray[np.float32] = (present @ self._weights).toarray()
        return scores

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        return {"terms": self._vocabulary.stored(), **taken_apart(self._weights)}

    @classmethod
    def restored(cls, cut: Cut, arrays: Arrays) -> Bm25:
        """Make the ranker from what was stored."""
        return cls(Vocabulary.restored(cut, arrays["terms"]), put_together(arrays))


def _weights(counts: csr_array) -> csr_array:
    from scipy.sparse import csr_array

    lengths = counts.sum(axis=1)
    document_count = counts.shape[0]
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log1p((document_count - frequency + 0.5) / (frequency + 0.5))
    document = np.repeat(np.arange(document_count), np.diff(counts.indptr))
    damping = _SATURATION * (1 - _LENGTH_WEIGHT + _LENGTH_WEIGHT * lengths / max(lengths.mean(), 1.0))
    weights = rarity[counts.indices] * counts.data * (_SATURATION + 1) / (counts.data + damping[document])
    weights[frequency[counts.indices] > max(1.0, _COMMON * document_count)] = 0
    by_document = csr_array((weights.astype(np.float32), counts.indices, counts.indptr), shape=counts.shape)
    by_document.eliminate_zeros()
    return csr_array(by_document.T)
