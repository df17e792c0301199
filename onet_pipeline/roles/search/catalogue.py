"""What a candidate shows: codes, titles, descriptions, and the title that matched.

Belongs here: turning numbers of occupations and titles into candidates. Does not: finding those numbers.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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
        self, shown: NDArray[np.int32], scores: NDArray[np.float32], matched: NDArray[np.int64]
    ) -> Iterator[tuple[Candidate, ...]]:
        """Yield for each title (row) the occupations shown that have a score, those with the best scores first.

        ``matched`` numbers a title of each, -1 means its own.
        """
        code, title, description = (column[shown].tolist() for column in self._occupation_columns)
        matched = np.where(matched < 0, len(self.titles) + shown, matched)
        matched_title, origin = (column[matched].tolist() for column in self._title_columns)
        rows = zip(code, title, scores.tolist(), matched_title, description, origin, strict=True)
        for row, held in zip(rows, np.count_nonzero(scores > 0, axis=1).tolist(), strict=True):
            yield tuple(map(Candidate._make, zip(*row, strict=True)))[:held]

    @cached_property
    def _occupation_columns(self) -> tuple[NDArray[np.object_], ...]:
        """Codes, titles and descriptions, to be taken many at a time."""
        return tuple(np.array(column, object) for column in zip(*self.occupations, strict=True))

    @cached_property
    def _title_columns(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Titles and their origins; behind them, the occupations' own."""
        own = [title for _, title, _ in self.occupations]
        origins = [ORIGINS[origin] for origin in self.origins] + ["onet"] * len(own)
        return np.array([*self.titles, *own], object), np.array(origins, object)

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
