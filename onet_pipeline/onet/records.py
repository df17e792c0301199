"""The plain records of one O*NET release.

Belongs here: frozen data that every room may hold. Does not: reading, writing, or rules about them.

https://www.onetcenter.org/dictionary/30.1/text/
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Occupation:
    """One row of ``Occupation Data``: an O*NET-SOC code such as ``15-1252.00``, its title and its definition."""

    code: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class AlternateTitle:
    """A title by which an occupation is also known, with its short form and source codes (``"04,06"``) where given."""

    code: str
    title: str
    short_title: str | None = None
    sources: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task statement of an occupation; ``importance`` is the mean on scale IM (1 to 5), None where not rated."""

    code: str
    task_id: int
    description: str
    task_type: str | None = None
    importance: float | None = None


@dataclass(frozen=True, slots=True)
class RelatedOccupation:
    """A link from an occupation to a similar one; ``rank`` 1 is the closest."""

    code: str
    related_code: str
    rank: int
    tier: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One O*NET release, whole: what a sync loads and an index is built from.

    ``version`` is as displayed (``"30.1"``); ``source`` is where it came from, fit to be shown;
    ``content_sha256`` is over the parsed records, so that it is the same however the tables were packed.
    """

    version: str
    source: str
    archive_sha256: str
    content_sha256: str
    occupations: tuple[Occupation, ...]
    alternate_titles: tuple[AlternateTitle, ...]
    tasks: tuple[Task, ...]
    related_occupations: tuple[RelatedOccupation, ...] = ()
