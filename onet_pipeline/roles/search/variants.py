"""Other spellings of the words of a title, where O*NET does not know them as they stand.

Belongs here: what people shorten, split, misspell, or spell the British way. Does not: how a title is
normalised (``roles.titles``).

Variants are added to a title, never put in place of its words: a wrong guess costs little.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.search.matrices import Arrays

SHORT_FORMS: Mapping[str, str] = {
    "adm": "administrative",
    "avp": "vice president",
    "clk": "clerk",
    "dev": "developer",
    "dir": "director",
    "drvr": "driver",
    "hvy": "heavy",
    "ict": "information technology",
    "lt": "lieutenant",
    "mfg": "manufacturing",
    "mgr": "manager",
    "mtr": "motor",
    "ofc": "office",
    "opr": "operator",
    "opns": "operations",
    "pol": "police",
    "sde": "software developer",
    "sgt": "sergeant",
    "supt": "superintendent",
    "supv": "supervisor",
    "svc": "service",
    "swe": "software engineer",
    "sys": "systems",
    "wkr": "worker",
}
"""Abbreviations common in job titles that are too short for the rules below to find."""

_BRITISH = (
    ("isation", "ization"),
    ("ising", "izing"),
    ("iser", "izer"),
    ("ised", "ized"),
    ("programme", "program"),
    ("our", "or"),
    ("tre", "ter"),
    ("yre", "ire"),
    ("ll", "l"),
    ("ae", "e"),
)
_VOWELS = frozenset("aeiou")
_FREQUENT = 3
"""Titles that must hold a word for an abbreviation to mean it."""
_CERTAIN_LENGTH = 6
"""From this length on an abbreviation may hold vowels ("electrcl") and lack a single letter ("coordinato")."""
_SHORTEST_MISSPELLED = 6
"""Shorter words are one letter away from too many others."""


class Variants:
    """Finds variants of unknown words among the words of O*NET's titles."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """``counts`` says how many titles hold each word."""
        self._counts = counts
        self._by_ends: dict[str, list[str]] = defaultdict(list)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        self._found: dict[str, tuple[str, ...]] = {}
        self._by_rest: dict[str, list[str]] = defaultdict(list)
        for word, count in sorted(counts.items()):
            if count >= _FREQUENT and word.isalpha() and len(word) > 4:
                self._by_ends[word[0] + word[-1]].append(word)
                self._by_start[word[:4]].append(word)
                for rest in _without_a_letter(word):
                    self._by_rest[rest].append(word)

    @classmethod
    def of(cls, titles: Iterable[str]) -> "Variants":
        """Count the words of normalised titles."""
        counts: dict[str, int] = defaultdict(int)
        for title in titles:
            for word in set(title.split()):
                counts[word] += 1
        return cls(dict(counts))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        return {
            "words": np.frombuffer("\n".join(self._counts).encode(), np.uint8),
            "counts": np.array(list(self._counts.values()), np.int32),
        }

    @classmethod
    def restored(cls, arrays: Arrays) -> "Variants":
        """Make the variants from what was stored."""
        known = arrays["words"].tobytes().decode().split("\n")
        return cls(dict(zip(known, arrays["counts"].tolist(), strict=True)))

    def of_title(self, words: Sequence[str]) -> list[str]:
        """Return the words to add to a title: joined neighbours and variants of unknown words."""
        joined = [
            left + right for left, right in pairwise(words) if len(left + right) > 5 and left + right in self._counts
        ]
        return joined + [variant for word in words for variant in self._of_word(word)]

    def _of_word(self, word: str) -> tuple[str, ...]:
        if word in self._counts:
            return ()
        if word not in self._found:
            self._found[word] = tuple(SHORT_FORMS[word].split()) if word in SHORT_FORMS else self._guessed(word)
        return self._found[word]

    def _guessed(self, word: str) -> tuple[str, ...]:
        for british, american in _BRITISH:
            if british in word and word.replace(british, american) in self._counts:
                return (word.replace(british, american),)
        if not word.isalpha() or len(word) < 4:
            return ()
        meant = self._misspelled(word) or self._abbreviated(word)
        return (max(meant, key=lambda long: (self._counts[long] / len(long) ** 2, long)),) if meant else ()

    def _misspelled(self, word: str) -> list[str]:
        """Return the words that lack a letter of it, have one more, have one changed, or two swapped."""
        if len(word) < _SHORTEST_MISSPELLED:
            return []
        return [
            other for rest in _without_a_letter(word) for other in self._by_rest.get(rest, ()) if other[0] == word[0]
        ]

    def _abbreviated(self, word: str) -> list[str]:
        """Return the words that may be meant: those it begins, and those whose letters it drops but the ends."""
        certain = len(word) >= _CERTAIN_LENGTH
        meant = [
            long for long in self._by_start[word[:4]] if long.startswith(word) and len(long) > len(word) + (not certain)
        ]
        if certain or not _VOWELS & set(word[1:]):
            meant += [long for long in self._by_ends[word[0] + word[-1]] if _drops_letters(word, long)]
        return meant


def _without_a_letter(word: str) -> set[str]:
    return {word} | {word[:at] + word[at + 1 :] for at in range(len(word))}


def _drops_letters(word: str, long: str) -> bool:
    rest = iter(long)
    return len(long) > len(word) + 1 and all(letter in rest for letter in word)
