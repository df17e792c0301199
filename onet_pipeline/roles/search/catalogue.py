"""What a candidate shows: codes, titles, descriptions, and the title that matched.

Belongs here: turning numbers of occupations and titles into candidates. Does not: finding those numbers.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.records import Candidate
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.terms import words


@dataclass(frozen=True)
class Catalogue:
    """Code, title and description of each occupation; text, number of occupation and origin of each title."""

    occupations: tuple[tuple[str, str, str], ...]
    titles: tuple[tuple[str, int, str], ...]

    @classmethod
    def of(cls, corpus: Corpus) -> "Catalogue":
        """Take from the corpus what is shown."""
        return cls(
            tuple((occupation.code, occupation.title, occupation.description) for occupation in corpus.occupations),
            tuple((row.title, row.occupation, row.origin) for row in corpus.rows),
        )

    @cached_property
    def own_titles(self) -> dict[str, list[int]]:
        """The occupations of each alias and confirmed title, by its words."""
        own: dict[str, list[int]] = {}
        for title, occupation, origin in self.titles:
            if origin != "onet":
                own.setdefault(" ".join(words(title)), []).append(occupation)
        return own

    @cached_property
    def families(self) -> NDArray[np.int32]:
        """The 6-digit code of each occupation, numbered, ascending."""
        codes = [code[:7] for code, _, _ in self.occupations]
        return np.unique(codes, return_inverse=True)[1].astype(np.int32)

    def candidates(
        self, shown: Sequence[int], scores: Sequence[float], matched: Sequence[int]
    ) -> tuple[Candidate, ...]:
        """Return the occupations shown that have a score; ``matched`` numbers a title of each, -1 means its own."""
        occupations, titles = self.occupations, self.titles
        found = []
        for at, score, nearest in zip(shown, scores, matched, strict=True):
            if score > 0:
                code, title, description = occupations[at]
                matched_title, _, origin = titles[nearest] if nearest >= 0 else (title, at, "onet")
                found.append(Candidate(code, title, score, matched_title, description, origin))
        return tuple(found)

    def stored(self) -> NDArray[np.uint8]:
        """Return all of it as the bytes of a JSON text."""
        return np.frombuffer(json.dumps([self.occupations, self.titles]).encode(), np.uint8)

    @classmethod
    def restored(cls, stored: NDArray[np.uint8]) -> "Catalogue":
        """Make the catalogue from its stored form."""
        occupations, titles = json.loads(stored.tobytes())
        return cls(tuple(map(tuple, occupations)), tuple(map(tuple, titles)))
