"""A release, whole: from a zip file or folder on disk to records.

Belongs here: putting the parsed tables together, and their hash. Does not: getting the file (``fetch``).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from onet_pipeline.onet.archive import ReleaseArchive, open_archive
from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Release, Task
from onet_pipeline.onet.tables import read_alternate_titles, read_occupations, read_related_occupations, read_tasks
from onet_pipeline.onet.taxonomy import refuse_soc_2010
from onet_pipeline.onet.text_table import NULL
from onet_pipeline.onet.version import ReleaseVersion

Record = Occupation | AlternateTitle | Task | RelatedOccupation


def load_release(path: Path, *, declared: str | None = None, source: str | None = None) -> Release:
    """Verify and parse the release at a path; 30.1 takes about a second.

    Args:
        path: a zip file or the folder of an extracted one.
        declared: the version that was asked for; another one in the file is refused.
        source: where the file came from, fit to be shown; default: the path.

    Raises:
        ReleaseNotFound: there is nothing at the path.
        ArchiveRefused: not a zip file, damaged, hostile, not an O*NET release, or not the version asked for.
        TableRefused: a table or column is missing or malformed, or the codes are of SOC 2010.
    """
    version = ReleaseVersion.parse(declared) if declared else None
    with open_archive(path, declared=version, name=source) as archive:
        return _parsed(archive)


def _parsed(archive: ReleaseArchive) -> Release:
    occupations = read_occupations(archive)
    refuse_soc_2010(occupations, archive.version.display)
    codes = {occupation.code for occupation in occupations}
    titles = read_alternate_titles(archive, codes)
    tasks = read_tasks(archive, codes)
    related = read_related_occupations(archive, codes)
    return Release(
        version=archive.version.display,
        source=archive.name,
        archive_sha256=archive.sha256,
        content_sha256=content_sha256(occupations, titles, tasks, related),
        occupations=occupations,
        alternate_titles=titles,
        tasks=tasks,
        related_occupations=related,
    )


def content_sha256(*tables: Iterable[Record]) -> str:
    """Hash the records as sorted, tab-separated lines; how they were packed, ordered or ended does not count."""
    digest = hashlib.sha256()
    for table in tables:
        lines = sorted(_line(record) for record in table)
        digest.update(f"{len(lines)}\n".encode() + "\n".join(lines).encode())
    return digest.hexdigest()


_VALUES: dict[type, Any] = {
    kind: attrgetter(*(field.name for field in fields(kind)))
    for kind in (Occupation, AlternateTitle, Task, RelatedOccupation)
}


def _line(record: Record) -> str:
    return "\t".join(NULL if value is None else str(value) for value in _VALUES[type(record)](record))
