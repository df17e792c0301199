"""What changed from one O*NET release to another.

Belongs here: comparing two releases, and the comparison as plain data. Does not: keeping it (``store.releases``), or
which mappings it concerns (``store.mappings``).

https://www.onetcenter.org/db_releases.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from onet_pipeline.onet.records import AlternateTitle, Occupation, Release, Task
from onet_pipeline.onet.version import ReleaseVersion

LISTED = 100
"""Rows kept of each kind of change; from 27.0 to 30.1, 5,801 alternate titles came."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """How many rows changed in one way, and the first 100 of them in order of code."""

    count: int = 0
    first: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """What ``after`` has otherwise than ``before``, both versions as displayed.

    Rows begin with the code. Then come, for occupations, the title (renamed: before, after); for alternate titles, the
    title; for tasks, the id and the statement (changed: before, after). An occupation is redefined where its
    description changed, a title where its short form or sources did, a task where its statement or type did; a task is
    rated anew where its importance changed (before, after). Links to similar occupations change in rank or tier.
    """

    before: str
    after: str
    occupations_added: Changes = Changes()
    occupations_removed: Changes = Changes()
    occupations_renamed: Changes = Changes()
    occupations_redefined: Changes = Changes()
    titles_added: Changes = Changes()
    titles_removed: Changes = Changes()
    titles_changed: Changes = Changes()
    tasks_added: Changes = Changes()
    tasks_removed: Changes = Changes()
    tasks_changed: Changes = Changes()
    tasks_rated_anew: Changes = Changes()
    links_added: Changes = Changes()
    links_removed: Changes = Changes()
    links_changed: Changes = Changes()

    @property
    def kinds(self) -> dict[str, Changes]:
        """Every kind of change by name."""
        names = [each.name for each in fields(self) if each.name not in ("before", "after")]
        return {name: getattr(self, name) for name in names}

    @property
    def direction(self) -> str:
        """Say which way it went: ``from 29.3 to 30.1``, or ``rolled back from 30.1 to 29.3``."""
        if self.before == self.after:
            return f"{self.after} anew"
        back = ReleaseVersion.parse(self.after) < ReleaseVersion.parse(self.before)
        return f"{'rolled back ' if back else ''}from {self.before} to {self.after}"

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``json.dumps``."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` returned; kinds that were not told of have no changes."""
        kinds = {
            each.name: Changes(told[each.name]["count"], tuple(tuple(row) for row in told[each.name]["first"]))
            for each in fields(cls)
            if isinstance(told.get(each.name), Mapping)
        }
        return cls(before=told["before"], after=told["after"], **kinds)


def compare(before: Release, after: Release) -> ReleaseDiff:
    """Return what changed; 0.7 s of processor time for 57,000 titles and 19,000 tasks."""
    return ReleaseDiff(
        before=before.version,
        after=after.version,
        **_occupations(before.occupations, after.occupations),
        **_titles(before.alternate_titles, after.alternate_titles),
        **_tasks(before.tasks, after.tasks),
        **_links(before, after),
    )


def _occupations(before: Iterable[Occupation], after: Iterable[Occupation]) -> dict[str, Changes]:
    old, new = ({each.code: each for each in side} for side in (before, after))
    both = [(old[code], new[code]) for code in old.keys() & new.keys()]
    return {
        "occupations_added": _changes((code, new[code].title) for code in new.keys() - old.keys()),
        "occupations_removed": _changes((code, old[code].title) for code in old.keys() - new.keys()),
        "occupations_renamed": _changes((a.code, a.title, b.title) for a, b in both if a.title != b.title),
        "occupations_redefined": _changes((a.code, b.title) for a, b in both if a.description != b.description),
    }


def _titles(before: Iterable[AlternateTitle], after: Iterable[AlternateTitle]) -> dict[str, Changes]:
    old, new = _by_title(before), _by_title(after)
    return {
        "titles_added": _changes(new.keys() - old.keys()),
        "titles_removed": _changes(old.keys() - new.keys()),
        "titles_changed": _changes(key for key in old.keys() & new.keys() if old[key] != new[key]),
    }


def _by_title(titles: Iterable[AlternateTitle]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Gather what is told of each title of an occupation, since a release may hold the same one twice."""
    told: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for each in titles:
        told.setdefault((each.code, each.title), []).append((each.short_title or "", each.sources or ""))
    for rows in told.values():
        rows.sort()
    return told


def _tasks(before: Iterable[Task], after: Iterable[Task]) -> dict[str, Changes]:
    old, new = ({(each.code, each.task_id): each for each in side} for side in (before, after))
    both = [(old[key], new[key]) for key in old.keys() & new.keys()]
    return {
        "tasks_added": _changes(_row(new[key]) for key in new.keys() - old.keys()),
        "tasks_removed": _changes(_row(old[key]) for key in old.keys() - new.keys()),
        "tasks_changed": _changes(
            (*_row(a), b.description) for a, b in both if a.description != b.description or a.task_type != b.task_type
        ),
        "tasks_rated_anew": _changes(
            (a.code, str(a.task_id), _rating(a), _rating(b)) for a, b in both if a.importance != b.importance
        ),
    }


def _row(task: Task) -> Row:
    return task.code, str(task.task_id), task.description


def _rating(task: Task) -> str:
    return "not rated" if task.importance is None else str(task.importance)


def _links(before: Release, after: Release) -> dict[str, Changes]:
    old, new = (
        {(each.code, each.related_code): (each.rank, each.tier) for each in side.related_occupations}
        for side in (before, after)
    )
    return {
        "links_added": _changes(new.keys() - old.keys()),
        "links_removed": _changes(old.keys() - new.keys()),
        "links_changed": _changes(key for key in old.keys() & new.keys() if old[key] != new[key]),
    }


def _changes(rows: Iterable[Row]) -> Changes:
    found = sorted(rows)
    return Changes(len(found), tuple(found[:LISTED]))
