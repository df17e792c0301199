"""What people's words mean where O*NET's own texts do not say it: ``SWE``, ``house officer``, ``lorry``.

Belongs here: the shipped lexicon (``data/readings.tsv``) as a ranker. Does not: a user's own titles (``aliases``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.matrices import Arrays, put_together, taken_apart
from onet_pipeline.roles.search.terms import singular

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DECAY = 0.1
"""How fast a later code of a line counts less: the tenth about half. From 0 to 0.25 recall@20 moves by 0.003."""
_DETAIL = 0.7
"""What a reading of 15-1299 says for 15-1299.08, against 1 for 15-1299.00: the lexicon knows six digits only."""
_SMOOTHING = 20
"""Added to the number of O*NET titles with a phrase: a phrase of no title must not outweigh all others."""

Phrase = tuple[str, ...]


def read_lexicon() -> dict[Phrase, tuple[str, ...]]:
    """Return the shipped phrases, as words in the singular, with their six-digit codes, the likeliest first."""
    lexicon: dict[Phrase, tuple[str, ...]] = {}
    text = files("onet_pipeline.roles.search").joinpath("data/readings.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            phrases, codes = line.split("\t")
            for phrase in phrases.split(", "):
                key = _phrase(phrase)
                lexicon[key] = tuple(dict.fromkeys((*lexicon.get(key, ()), *codes.split())))
    return lexicon


class Readings:
    """Scores occupations by what the phrases of a title are known to mean."""

    def __init__(self, phrases: Sequence[Phrase], weights: csr_array) -> None:
        """``weights`` has a row per phrase and a column per occupation."""
        self._number = {phrase: at for at, phrase in enumerate(phrases)}
        self._longest = max(map(len, phrases), default=0)
        self._weights = weights

    @classmethod
    def of(cls, corpus: Corpus, lexicon: Mapping[Phrase, Sequence[str]] | None = None) -> Readings:
        """Weigh each phrase by its rarity among listed titles; the shipped lexicon unless one is given."""
        from scipy.sparse import csr_array

        lexicon = read_lexicon() if lexicon is None else lexicon
        codes = [occupation.code for occupation in corpus.occupations]
        phrases = sorted(lexicon)
        rarity = _rarity(phrases, [row.text for row in corpus.listed])
        details: dict[str, list[int]] = {}
        for at, code in enumerate(codes):
            details.setdefault(code[:7], []).append(at)
        cells = {
            (row, at): rarity[row] / (1 + _DECAY * place) * (1 if codes[at].endswith(".00") else _DETAIL)
            for row, phrase in enumerate(phrases)
            for place, code in enumerate(lexicon[phrase])
            for at in details.get(code, ())
        }
        rows, columns = (np.array([cell[axis] for cell in cells], np.int32) for axis in (0, 1))
        values = np.array(list(cells.values()), np.float32)
        return cls(phrases, csr_array((values, (rows, columns)), shape=(len(phrases), len(codes))))

    def scores(self, titles: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all occupations (columns) for normalised titles (rows); 0 where no phrase is known."""
        from scipy.sparse import csr_array

        found = [list(self._readings(_phrase(title))) for title in titles]
        ends = np.cumsum([0, *map(len, found)])
        numbers = np.array([number for row in found for number, _ in row], np.int32)
        weights = np.array([weight for row in found for _, weight in row], np.float32)
        held = csr_array((weights, numbers, ends), shape=(len(titles), len(self._number)))
        scores: NDArray[np.float32] = (held @ self._weights).toarray()
        return scores

    def _readings(self, words: Phrase) -> Iterator[tuple[int, float]]:
        """Yield the number and weight of the phrases of a title; a longer one hides those that overlap it."""
        free = [True] * len(words)
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length + 1):
                place = slice(start, start + length)
                number = self._number.get(words[place])
                if number is not None and all(free[place]):
                    free[place] = [False] * length
                    yield number, length**0.5

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        text = "\n".join(" ".join(phrase) for phrase in self._number)
        return {"phrases": np.frombuffer(text.encode(), np.uint8), **taken_apart(self._weights)}

    @classmethod
    def restored(cls, arrays: Arrays) -> Readings:
        """Make the ranker from what was stored."""
        lines = arrays["phrases"].tobytes().decode().split("\n")
        return cls([tuple(line.split(" ")) for line in lines], put_together(arrays))


def _phrase(text: str) -> Phrase:
    return tuple(singular(word) for word in text.split())


def _rarity(phrases: Sequence[Phrase], titles: Sequence[str]) -> list[float]:
    longest, wanted = max(map(len, phrases), default=0), set(phrases)
    held: Counter[Phrase] = Counter()
    for title in titles:
        words = _phrase(title)
        spans = (words[at : at + size] for size in range(1, longest + 1) for at in range(len(words) - size + 1))
        held.update({span for span in spans if span in wanted})
    return [float(np.log1p(len(titles) / (held[phrase] + _SMOOTHING))) for phrase in phrases]
