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
from onet_pipeline.roles.search.corpus import ORIGINS, OWN, Corpus
from onet_pipeline.roles.search.matrices import Arrays
from onet_pipeline.roles.search.terms import words


@dataclass(frozen=True)
class Catalogue:
    """Code, title and description of each occupation, every title as written, and where each comes from.

    ``origins`` holds a place in ``ORIGINS`` per title; ``own`` the occupations of the user's titles, by their words.
    """

    occupations: tuple[tuple[str, str, str], ...]
    titles: tuple[str, ...]
    origins: bytes
    own: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, corpus: Corpus) -> "Catalogue":
        """Take from the corpus what is shown."""
        own: dict[str, list[int]] = {}
        for row in corpus.rows:
            if row.origin in OWN:
                own.setdefault(" ".join(words(row.title)), []).append(row.occupation)
        return cls(
            tuple((occupation.code, occupation.title, occupation.description) for occupation in corpus.occupations),
            tuple(" ".join(row.title.split()) for row in corpus.rows),
            bytes(ORIGINS.index(row.origin) for row in corpus.rows),
            own,
        )

    @cached_property
    def families(self) -> NDArray[np.int32]:
        """The 6-digit code of each occupation, numbered, ascending."""
        codes = [code[:7] for code, _, _ in self.occupations]
        return np.unique(codes, return_inverse=True)[1].astype(np.int32)

    def candidates(
        self, shown: Sequence[int], scores: Sequence[float], matched: Sequence[int]
    ) -> tuple[Candidate, ...]:
        """Return the occupations shown that have a score; ``matched`` numbers a title of each, -1 means its own."""
        occupations, titles, origins = self.occupations, self.titles, self.origins
        found = []
        for at, score, nearest in zip(shown, scores, matched, strict=True):
            if score > 0:
                code, title, description = occupations[at]
                matched_title = titles[nearest] if nearest >= 0 else title
                origin = ORIGINS[origins[nearest]] if nearest >= 0 else "onet"
                found.append(Candidate(code, title, score, matched_title, description, origin))
        return tuple(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all there is to store."""
        texts = {
            "titles": "\n".join(self.titles),
            "occupations": json.dumps(self.occupations),
            "own": json.dumps(self.own),
        }
        arrays: dict[str, NDArray[Any]] = {name: np.frombuffer(text.encode(), np.uint8) for name, text in texts.items()}
        return arrays | {"origins": np.frombuffer(self.origins, np.uint8)}

    @classmethod
    def restored(cls, arrays: Arrays) -> "Catalogue":
        """Make the catalogue from what was stored."""
        titles, occupations, own = (arrays[name].tobytes().decode() for name in ("titles", "occupations", "own"))
        return cls(
            tuple(map(tuple, json.loads(occupations))),
            tuple(titles.split("\n")),
            arrays["origins"].tobytes(),
            json.loads(own),
        )
