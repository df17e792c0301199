"""What is searched: the occupations of a release, and every title under which one is known.

Belongs here: laying a release and aliases out by number of occupation, as rankers need them. Does not: terms, weights.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.onet.records import Release
from onet_pipeline.roles.search.aliases import Alias
from onet_pipeline.roles.search.terms import text_words
from onet_pipeline.roles.titles import normalise

ORIGINS = ("onet", "shipped", "alias", "confirmed")
OWN = ("alias", "confirmed")
"""Where titles come from, and which of these are the user's own."""


@dataclass(frozen=True, slots=True)
class TitleRow:
    """One title of one occupation (by number), normalised and as written, with where it comes from."""

    text: str
    occupation: int
    title: str
    origin: str = "onet"


class Corpus:
    """A release with aliases, ready to be weighed; occupations are numbered in order of code."""

    def __init__(self, release: Release, aliases: Sequence[Alias] = ()) -> None:
        """Aliases whose code the release lacks are left out."""
        self.release = release
        self.occupations = tuple(sorted(release.occupations, key=lambda occupation: occupation.code))
        self.number = {occupation.code: at for at, occupation in enumerate(self.occupations)}
        self.rows = self._title_rows(aliases)

    @cached_property
    def row_occupation(self) -> NDArray[np.int32]:
        """The occupation of each title row."""
        return np.array([row.occupation for row in self.rows], np.int32)

    @cached_property
    def listed(self) -> tuple[TitleRow, ...]:
        """The titles of O*NET and of the user: all but those of the package."""
        return tuple(row for row in self.rows if row.origin != "shipped")

    @cached_property
    def title_words(self) -> list[list[str]]:
        """For each occupation, the words of its listed titles."""
        return self._words_of(self.listed)

    @cached_property
    def all_words(self) -> list[list[str]]:
        """For each occupation, the words of its titles, its description and its tasks."""
        documents = [
            words + text_words(occupation.description)
            for words, occupation in zip(self._words_of(self.rows), self.occupations, strict=True)
        ]
        for task in self.release.tasks:
            documents[self.number[task.code]] += text_words(task.description)
        return documents

    def _words_of(self, rows: Iterable[TitleRow]) -> list[list[str]]:
        documents: list[list[str]] = [[] for _ in self.occupations]
        for row in rows:
            documents[row.occupation] += row.text.split()
        return documents

    def _title_rows(self, aliases: Sequence[Alias]) -> tuple[TitleRow, ...]:
        """Of equal spellings the first stands: the occupation's own title, alternate, short; the user's before all."""
        rows: dict[tuple[int, str], TitleRow] = {}
        for code, title, origin in _titles(self.release, aliases):
            if (at := self.number.get(code)) is None:
                continue
            text = normalise(title)
            if text and (origin in OWN or (at, text) not in rows):
                rows[(at, text)] = TitleRow(text, at, title, origin)
        return tuple(rows[key] for key in sorted(rows))


def _titles(release: Release, aliases: Sequence[Alias]) -> Iterator[tuple[str, str, str]]:
    for occupation in release.occupations:
        yield occupation.code, occupation.title, "onet"
    for alternate in release.alternate_titles:
        yield alternate.code, alternate.title, "onet"
    for alternate in release.alternate_titles:
        if alternate.short_title:
            yield alternate.code, alternate.short_title, "onet"
    for alias in aliases:
        yield alias.code, alias.title, alias.origin
