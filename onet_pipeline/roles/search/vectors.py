"""Words as vectors of meaning: what ``lorry`` and ``truck`` have in common, with numpy alone.

Belongs here: reading the shipped vectors (``data/vectors.npz``) and adding them up to vectors of texts. Does not: what
they say of occupations (``meaning``), or how they were made (``tools/distil_word_vectors.py``).

https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.matrices import incidence

_REMEMBERED_WORDS = 100_000
_GRAM_SIZES = (3, 4, 5)


def gram_buckets(word: str, bucket_count: int) -> list[int]:
    """Return the distinct buckets of a word's framed character 3- to 5-grams, in ascending order."""
    framed = f"<{word}>"
    grams = (framed[at : at + size] for size in _GRAM_SIZES for at in range(len(framed) - size + 1))
    return sorted({zlib.crc32(gram.encode()) % bucket_count for gram in grams})


class WordVectors:
    """Turns texts into vectors.

    A word that is not known gets the mean of its character n-grams' vectors; one in another script, none.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """``arrays`` holds ``words`` (one a line), ``word_vectors``, ``gram_vectors`` (int8) and a scale for each."""
        self._number = {word: at for at, word in enumerate(arrays["words"].tobytes().decode().split("\n"))}
        self._words, self._word_scale = arrays["word_vectors"], arrays["word_scale"].astype(np.float32)
        self._grams, self._gram_scale = arrays["gram_vectors"], arrays["gram_scale"].astype(np.float32)
        self._unknown: dict[str, NDArray[np.float32]] = {}

    @property
    def size(self) -> int:
        """Length of a vector."""
        return int(self._words.shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of length one for each normalised text (row); of length zero where no word has one."""
        number: dict[str, int] = {}
        held = incidence(((number.setdefault(word, len(number)) for word in text.split()) for text in texts), number)
        return unit(np.asarray(held @ self._vectors(list(number))))

    def _vectors(self, words: Sequence[str]) -> NDArray[np.float32]:
        numbers = np.array([self._number.get(word, -1) for word in words], np.int64)
        vectors = self._words[numbers] * self._word_scale[numbers]
        for at in np.flatnonzero(numbers < 0).tolist():
            vectors[at] = self._guess(words[at])
        return vectors

    def _guess(self, word: str) -> NDArray[np.float32]:
        guess = self._unknown.get(word)
        if guess is None:
            if len(self._unknown) >= _REMEMBERED_WORDS:
                self._unknown.clear()
            buckets = gram_buckets(word, len(self._grams)) if word.isascii() else []
            grams = self._grams[buckets] * self._gram_scale[buckets]
            guess = grams.sum(axis=0) / np.float32(max(len(buckets), 1))
            self._unknown[word] = guess
        return guess


@cache
def shipped_vectors() -> WordVectors:
    """Return the word vectors that come with the package, read once."""
    path = files("onet_pipeline.roles.search").joinpath("data/vectors.npz")
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        return WordVectors({name: stored[name] for name in stored.files})


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vectors (rows) scaled to length one; those of length zero stay."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    return scaled
