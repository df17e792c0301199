"""What a candidate shows: codes, titles, descriptions, and the title that matched.

Belongs here: turning numbers of occupations and titles into candidates. Does not: finding those numbers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.roles.records import Candidate
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.matrices import Arrays
from onet_pipeline.roles.search.terms import words


@dataclass(frozen=True)
class Catalogue:
    """Code, title and description of each occupation, every title as written, and which are the user's own.

    ``own`` gives occupation and origin of those titles that are not O*NET's, by number of title.
    """

    occupations: tuple[tuple[str, str, str], ...]
    titles: tuple[str, ...]
    own: Mapping[int, tuple[int, str]]

    @classmethod
    def of(cls, corpus: Corpus) -> "Catalogue":
        """Take from the corpus what is shown."""
        return cls(
            tuple((occupation.code, occupation.title, occupation.description) for occupation in corpus.occupations),
            tuple(" ".join(row.title.split()) for row in corpus.rows),
            {at: (row.occupation, row.origin) for at, row in enumerate(corpus.rows) if row.origin != "onet"},
        )

    @cached_property
    def own_titles(self) -> dict[str, list[int]]:
        """The occupations of each alias and confirmed title, by its words."""
        by_words: dict[str, list[int]] = {}
        for at, (occupation, _) in self.own.items():
            by_words.setdefault(" ".join(words(self.titles[at])), []).append(occupation)
        return by_words

    @cached_property
    def families(self) -> NDArray[np.int32]:
        """The 6-digit code of each occupation, numbered, ascending."""
        codes = [code[:7] for code, _, _ in self.occupations]
        return np.unique(codes, return_inverse=True)[1].astype(np.int32)

    def candidates(
        self, shown: Sequence[int], scores: Sequence[float], matched: Sequence[int]
    ) -> tuple[Candidate, ...]:
        """Return the occupations shown that have a score; ``matched`` numbers a title of each, -1 means its own."""
        occupations, titles, own = self.occupations, self.titles, self.own
        found = []
        for at, score, nearest in zip(shown, scores, matched, strict=True):
            if score > 0:
                code, title, description = occupations[at]
                matched_title = titles[nearest] if nearest >= 0 else title
                origin = own[nearest][1] if nearest in own else "onet"
                found.append(Candidate(code, title, score, matched_title, description, origin))
        return tuple(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        own = [(at, *rest) for at, rest in self.own.items()]
        texts = {"titles": "\n".join(self.titles), "occupations": json.dumps(self.occupations), "own": json.dumps(own)}
        return {name: np.frombuffer(text.encode(), np.uint8) for name, text in texts.items()}

    @classmethod
    def restored(cls, arrays: Arrays) -> "Catalogue":
        """Make the catalogue from what was stored."""
        titles, occupations, own = (arrays[name].tobytes().decode() for name in ("titles", "occupations", "own"))
        return cls(
            tuple(map(tuple, json.loads(occupations))),
            tuple(titles.split("\n")),
            {at: (occupation, origin) for at, occupation, origin in json.loads(own)},
        )
