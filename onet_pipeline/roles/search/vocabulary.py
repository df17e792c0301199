"""Terms as numbers, and lists of terms as sparse matrices.

Belongs here: the vocabulary with its stored form, and counting. Does not: which terms, or what they weigh.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.matrices import incidence

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Cut = Callable[[str], Sequence[str]]
_REMEMBERED_WORDS = 200_000


class Vocabulary:
    """Numbers for the terms of words; what a word's terms are is given by ``cut``.

    The terms of a title are those of its words, so that a word is cut and looked up once, however many titles hold it.
    """

    def __init__(self, cut: Cut, terms: Iterable[str]) -> None:
        """``cut`` turns a word into terms; ``terms`` are all known ones, in order of number."""
        self._cut = cut
        self._number = {term: at for at, term in enumerate(terms)}
        self._known: dict[str, tuple[int, ...]] = {}

    @classmethod
    def of(cls, cut: Cut, documents: Iterable[Iterable[str]]) -> Vocabulary:
        """Collect the terms of all words of the documents, in order."""
        distinct = {word for document in documents for word in document}
        return cls(cut, sorted({term for word in distinct for term in cut(word)}))

    def __len__(self) -> int:
        return len(self._number)

    def numbers(self, word: str) -> tuple[int, ...]:
        """Return the numbers of the known terms of a word."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) >= _REMEMBERED_WORDS:
                self._known.clear()
            known = tuple(self._number[term] for term in self._cut(word) if term in self._number)
            self._known[word] = known
        return known

    def counts(self, documents: Sequence[Iterable[str]]) -> csr_array:
        """Return how often each document (row) holds each term (column), as float32."""
        from scipy.sparse import csr_array

        counted = [Counter(chain.from_iterable(map(self.numbers, words))) for words in documents]
        ends = np.cumsum([0, *map(len, counted)], dtype=np.int32)
        columns = np.fromiter(chain.from_iterable(counted), np.int32, ends[-1])
        values = np.fromiter(chain.from_iterable(map(Counter.values, counted)), np.float32, ends[-1])
        return csr_array((values, columns, ends), shape=(len(counted), len(self)))

    def presence(self, documents: Iterable[Iterable[str]]) -> csr_array:
        """Return 1 where a document (row) holds a term (column), as float32."""
        return incidence((set(chain.from_iterable(map(self.numbers, words))) for words in documents), self)

    def stored(self) -> NDArray[np.uint8]:
        """Return the terms as bytes, one a line."""
        return np.frombuffer("\n".join(self._number).encode(), dtype=np.uint8)

    @classmethod
    def restored(cls, cut: Cut, stored: NDArray[np.uint8]) -> Vocabulary:
        """Make the vocabulary from its stored form."""
        return cls(cut, stored.tobytes().decode().split("\n"))
