"""What is searched: the occupations of a release, and every title under which one is known.

Belongs here: laying a release and aliases out as rows with occupation numbers. Does not: terms or weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from onet_pipeline.onet.records import Release
from onet_pipeline.roles.search.aliases import Alias
from onet_pipeline.roles.search.terms import text_words
from onet_pipeline.roles.titles import normalise


@dataclass(frozen=True, slots=True)
class TitleRow:
    """One title of one occupation (by number), normalised and as written, with where it comes from."""

    words: str
    occupation: int
    title: str
    origin: str = "onet"


def title_rows(release: Release, aliases: Sequence[Alias] = ()) -> list[TitleRow]:
    """Return the distinct titles of all occupations in order of occupation; aliases of unknown codes are left out.

    The first of equal spellings stands: an occupation's own title, alternate titles, short titles, aliases.
    """
    number = {occupation.code: at for at, occupation in enumerate(release.occupations)}
    rows: dict[tuple[int, str], TitleRow] = {}
    for code, title, origin in _titles(release, aliases):
        at, text = number.get(code), normalise(title)
        if at is not None and text and (origin != "onet" or (at, text) not in rows):
            rows[(at, text)] = TitleRow(text, at, title, origin)
    return [rows[key] for key in sorted(rows)]


def occupation_words(release: Release) -> list[list[str]]:
    """Return for each occupation the words of its description and tasks."""
    number = {occupation.code: at for at, occupation in enumerate(release.occupations)}
    documents = [text_words(occupation.description) for occupation in release.occupations]
    for task in release.tasks:
        documents[number[task.code]] += text_words(task.description)
    return documents


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
