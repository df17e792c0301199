"""Whether a release can be what it says it is, before it replaces the one in use.

Belongs here: how many rows a release must have, and how far it may be from the last one. Does not: reading it
(``onet``), or what is done when it is doubted (``orchestration.checks``).

https://www.onetcenter.org/db_releases.html
"""

from collections.abc import Mapping
from typing import Final

from onet_pipeline.onet.records import Release
from onet_pipeline.onet.version import ReleaseVersion
from onet_pipeline.store.records import SyncRecord

MINIMUMS: Final[Mapping[str, int]] = {"occupations": 900, "alternate titles": 40_000, "tasks": 15_000}
"""Nine tenths and less of any release from 25.0 on: 30.1 has 1,016, 56,505 and 18,796."""

MOST_CHANGE: Final = 0.2
"""Largest share by which a count may change; 27.0 to 31.0, four years, changed the titles by less than a tenth."""


def row_counts(release: Release) -> dict[str, int]:
    """Return the number of rows of each table by its plain name."""
    return {
        "occupations": len(release.occupations),
        "alternate titles": len(release.alternate_titles),
        "tasks": len(release.tasks),
    }


def doubts(release: Release, before: SyncRecord | None) -> tuple[str, ...]:
    """Return what is implausible about the row counts, one sentence each; empty where nothing is.

    Versions 0.x are samples: they need no minimum, and are not compared with published releases.
    """
    if _is_sample(release.version):
        return ()
    counts = row_counts(release)
    doubted = [
        f"{counts[table]:,} {table}, at least {least:,} are expected."
        for table, least in MINIMUMS.items()
        if counts[table] < least
    ]
    if before is None or _is_sample(before.version):
        return tuple(doubted)
    earlier = dict(zip(counts, (before.occupation_count, before.alternate_title_count, before.task_count), strict=True))
    doubted += [
        f"{counts[table]:,} {table}, {before.version} had {had:,}: more than {MOST_CHANGE:.0%} different."
        for table, had in earlier.items()
        if abs(counts[table] - had) > MOST_CHANGE * had
    ]
    return tuple(doubted)


def _is_sample(version: str) -> bool:
    return ReleaseVersion.parse(version).major == 0
