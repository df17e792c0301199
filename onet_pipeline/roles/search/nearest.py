"""Best-title evidence: how near the titles of an occupation are to the title asked, word by word.

Belongs here: cosine of stemmed words between titles, and what it says of occupations. Does not: whole-occupation
evidence (``bm25``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.fusion import places
from onet_pipeline.roles.search.matrices import Arrays, put_together, taken_apart
from onet_pipeline.roles.search.terms import stems
from onet_pipeline.roles.search.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_TITLES, _TITLES_OF_COMMON, _COMMON = 12, 4, 1_000
"""Titles of an occupation that a word leads to, those in which it weighs most; fewer where these are more than a
thousand in all (manager, engineer, and, …). It takes a quarter of the time that all of them take, recall@20 is the
same; the first of the list is right for 0.3 points fewer on the mean of four gold sets."""
_CLOSE = 0.3
"""Equal checksums are believed where the occupation is more similar than this: two titles in 4 billion share one."""
_LAST = (1 << 31) - 1
_EQUAL, _EQUAL_SHIPPED = 1.2, 1.0001
"""Similarity of equal titles: before those that only have the same stems, and no matter what variants were added.

With 1.2 for titles of O*NET and of the user, titles that O*NET holds have their occupation first for 93.3 in place of
91.4 % of BLS's and 73 in place of 71 % of ESCO's; 1.1 to 1.5 do as well.
"""


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """The nearest known title of each occupation (columns) for each title asked (rows).

    ``ranked`` says in one whole number how near it is and which: the bits of the similarity, which order as it does,
    above the number of the title, counted from ``_LAST`` down. So the greatest is the nearest, of equals the first; 0
    is none.
    """

    ranked: NDArray[np.int64]

    @property
    def similarity(self) -> NDArray[np.float32]:
        """Their cosine, a little more where the titles are equal; 0 where none shares a word."""
        return (self.ranked >> 32).astype(np.int32).view(np.float32)

    def titles(self, shown: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the number of the nearest title of each occupation shown, -1 where none shares a word."""
        ranked = np.take_along_axis(self.ranked, shown, axis=1)
        return np.where(ranked > 0, _LAST - (ranked & _LAST), -1)


class NearestTitles:
    """The titles of all occupations as vectors of words weighed by rarity."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        rarity: NDArray[np.float32],
        weights: csr_array,
        checksum: NDArray[np.uint32],
        by_checksum: NDArray[np.int32],
        equality: NDArray[np.float32],
        occupation: NDArray[np.int32],
        occupation_count: int,
    ) -> None:
        """``weights`` has a row per term and a column per title; of each title there is the occupation.

        ``checksum`` holds those of the titles in ascending order, ``by_checksum`` their numbers in that order;
        ``equality`` is how near each title is to one that equals it.
        """
        self._vocabulary, self._rarity, self._weights = vocabulary, rarity, weights
        self._checksum, self._by_checksum, self._equality = checksum, by_checksum, equality
        self._occupation, self._count = occupation, occupation_count

    @classmethod
    def of(cls, corpus: Corpus) -> NearestTitles:
        """Weigh the titles of a corpus."""
        from scipy.sparse import csr_array

        vocabulary = Vocabulary.of(stems, (row.text.split() for row in corpus.rows))
        presence = vocabulary.presence(row.text.split() for row in corpus.rows)
        frequency = np.bincount(presence.indices, minlength=len(vocabulary))
        rarity = (np.log((1 + len(corpus.rows)) / (1 + frequency)) + 1).astype(np.float32)
        weights = _heaviest(csr_array(_unit(presence, rarity).T), corpus.row_occupation)
        checksum = _checksums([row.text for row in corpus.rows])
        by_checksum = np.argsort(checksum, kind="stable").astype(np.int32)
        equality = np.array([_EQUAL_SHIPPED if row.origin == "shipped" else _EQUAL for row in corpus.rows], np.float32)
        occupation, count = corpus.row_occupation, len(corpus.occupations)
        return cls(vocabulary, rarity, weights, checksum[by_checksum], by_checksum, equality, occupation, count)

    def near(self, titles: Sequence[str], texts: Sequence[str] | None = None) -> Near:
        """Compare each title asked with every title known; ``texts`` are the titles as asked, without variants."""
        asked = self._vocabulary.presence(title.split() for title in titles)
        similar = _unit(asked, self._rarity) @ self._weights
        cells = self._occupation.take(similar.indices)
        cells += _rows(similar) * np.int32(self._count)
        ranked = np.zeros((len(titles), self._count), np.int64)
        np.maximum.at(ranked.ravel(), cells, _ranked(similar.data, similar.indices))
        row, title = self._equal(titles if texts is None else texts)
        cell = row, self._occupation[title]
        close = Near(ranked[cell]).similarity > _CLOSE
        np.maximum.at(ranked, cell, np.where(close, _ranked(self._equality[title], title), 0))
        return Near(ranked)

    def _equal(self, texts: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return the rows of texts and the numbers of the titles with the same checksum, pair by pair."""
        asked = _checksums(texts)
        first, last = (np.searchsorted(self._checksum, asked, side) for side in ("left", "right"))
        count = last - first
        place = np.arange(count.sum()) + np.repeat(first - np.cumsum(count) + count, count)
        return np.repeat(np.arange(len(texts)), count), self._by_checksum[place]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        return {
            "terms": self._vocabulary.stored(),
            "rarity": self._rarity,
            "checksum": self._checksum,
            "by_checksum": self._by_checksum,
            "equality": self._equality,
            "occupation": self._occupation,
            "occupation_count": np.array([self._count], np.int32),
            **taken_apart(self._weights),
        }

    @classmethod
    def restored(cls, arrays: Arrays) -> NearestTitles:
        """Make the ranker from what was stored."""
        vocabulary = Vocabulary.restored(stems, arrays["terms"])
        count = int(arrays["occupation_count"][0])
        checksum, by_checksum, equality, occupation = (
            arrays[name] for name in ("checksum", "by_checksum", "equality", "occupation")
        )
        weights = put_together(arrays)
        return cls(vocabulary, arrays["rarity"], weights, checksum, by_checksum, equality, occupation, count)


def _checksums(texts: Sequence[str]) -> NDArray[np.uint32]:
    return np.fromiter((crc32(text.encode()) for text in texts), np.uint32, len(texts))


def _rows(matrix: csr_array) -> NDArray[np.int32]:
    return np.repeat(np.arange(matrix.shape[0], dtype=np.int32), np.diff(matrix.indptr))


def _heaviest(weights: csr_array, occupation: NDArray[np.int32]) -> csr_array:
    """Keep of each term (row) the titles of an occupation in which it weighs most."""
    from scipy.sparse import csr_array

    term, by = _rows(weights), occupation[weights.indices]
    order = np.lexsort((-weights.data, by, term))
    begins = (np.diff(term[order], prepend=-1) != 0) | (np.diff(by[order], prepend=-1) != 0)
    place = np.empty(len(order), np.intp)
    place[order] = places(begins)
    common = np.bincount(term[place < _TITLES], minlength=weights.shape[0]) > _COMMON
    kept = place < np.where(common[term], _TITLES_OF_COMMON, _TITLES)
    ends = np.concatenate([[0], np.cumsum(np.bincount(term[kept], minlength=weights.shape[0]))])
    return csr_array((weights.data[kept], weights.indices[kept], ends), shape=weights.shape)


def _ranked(similarity: NDArray[np.float32], title: NDArray[np.int32]) -> NDArray[np.int64]:
    pairs = similarity.view(np.int32).astype(np.int64)
    pairs <<= 32
    pairs += _LAST - title
    return pairs


def _unit(presence: csr_array, rarity: NDArray[np.float32]) -> csr_array:
    """Weigh terms by rarity and scale each row to length one."""
    from scipy.sparse import csr_array

    weights = rarity[presence.indices]
    row = _rows(presence)
    length = np.sqrt(np.bincount(row, weights=weights.astype(np.float64) ** 2, minlength=presence.shape[0]))
    scaled = (weights / length[row]).astype(np.float32)
    return csr_array((scaled, presence.indices, presence.indptr), shape=presence.shape)
