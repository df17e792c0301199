"""The tables of a release as records: occupations, alternate titles, tasks, related occupations.

Belongs here: which file and column become which field, in the layouts up to 30.2 and from 30.3 on, and what a row
must satisfy. Does not: files and fields as such (``archive``, ``text_table``), which codes are current (``taxonomy``).

https://www.onetcenter.org/dictionary/30.1/text/
"""

import math
import re
from collections.abc import Collection
from typing import TypeVar

from onet_pipeline.errors import TableRefused
from onet_pipeline.onet.archive import ReleaseArchive
from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Task
from onet_pipeline.onet.text_table import ADVICE, TextTable

CODE = "O*NET-SOC Code"
TASK_ID = "Task ID"
# File and title column: 30.3 renamed both.
TITLE_LAYOUTS = (("Job Titles", "Job Title"), ("Alternate Titles", "Alternate Title"))
LONGEST_TITLE = 255  # what the store holds; the longest of 30.1 has 128
IMPORTANCE_SCALE = "IM"

Record = TypeVar("Record")

_CODE = re.compile(r"\d\d-\d{4}\.\d\d", re.ASCII)
_WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def read_occupations(archive: ReleaseArchive) -> tuple[Occupation, ...]:
    """Read ``Occupation Data``.

    Raises:
        TableRefused: the table, a column or a value is missing or malformed, or a code occurs twice.
    """
    table = _required(archive, "Occupation Data")
    occupations: dict[str, Occupation] = {}
    for line, (code, title, description), _ in table.rows((CODE, "Title", "Description")):
        if not _CODE.fullmatch(code):
            table.refuse(line, CODE, f"{code[:40]!r}, which is not of the form 15-1252.00")
        if code in occupations:
            table.refuse(line, CODE, f"{code!r} for the second time")
        _check_length(table, line, "Title", title)
        occupations[code] = Occupation(code, title, description)
    return _not_empty(table, tuple(occupations.values()))


def read_alternate_titles(archive: ReleaseArchive, codes: Collection[str]) -> tuple[AlternateTitle, ...]:
    """Read ``Job Titles`` or ``Alternate Titles``; of rows with the same code and title the first stands.

    Raises:
        TableRefused: the table, a column or a value is missing or malformed, or a code is not among ``codes``.
    """
    table, column = _title_table(archive)
    titles: dict[tuple[str, str], AlternateTitle] = {}
    for line, (code, title), (short_title, sources) in table.rows((CODE, column), ("Short Title", "Source(s)")):
        _check_code(table, line, CODE, code, codes)
        _check_length(table, line, column, title)
        _check_length(table, line, "Short Title", short_title or "")
        titles.setdefault((code, title), AlternateTitle(code, title, short_title, sources))
    return _not_empty(table, tuple(titles.values()))


def read_tasks(archive: ReleaseArchive, codes: Collection[str]) -> tuple[Task, ...]:
    """Read ``Task Statements``, with the importance from ``Task Ratings`` where the release has that table.

    Raises:
        TableRefused: a table, column or value is missing or malformed, a code is not among ``codes``, or a task
            stands twice under one code.
    """
    importance = _read_importance(archive)
    table = _required(archive, "Task Statements")
    tasks: dict[tuple[str, str], Task] = {}
    for line, (code, task_id, text), (task_type,) in table.rows((CODE, TASK_ID, "Task"), ("Task Type",)):
        _check_code(table, line, CODE, code, codes)
        if (code, task_id) in tasks:
            table.refuse(line, TASK_ID, f"{task_id!r} for the second time under {code}")
        number = _whole_number(table, line, TASK_ID, task_id)
        tasks[code, task_id] = Task(code, number, text, task_type, importance.get((code, task_id)))
    return _not_empty(table, tuple(tasks.values()))


def read_related_occupations(archive: ReleaseArchive, codes: Collection[str]) -> tuple[RelatedOccupation, ...]:
    """Read ``Related Occupations``; a release without that table has none.

    Raises:
        TableRefused: a column or value is missing or malformed, or a code is not among ``codes``.
    """
    table = _optional(archive, "Related Occupations")
    if table is None:
        return ()
    related_code, index = "Related O*NET-SOC Code", "Index"
    related = []
    for line, (code, other, rank), (tier,) in table.rows((CODE, related_code, index), ("Relatedness Tier",)):
        _check_code(table, line, CODE, code, codes)
        _check_code(table, line, related_code, other, codes)
        related.append(RelatedOccupation(code, other, _whole_number(table, line, index, rank), tier))
    return tuple(related)


def _read_importance(archive: ReleaseArchive) -> dict[tuple[str, str], float]:
    """Return the mean on scale IM by code and task id; empty for a release without ``Task Ratings``."""
    table = _optional(archive, "Task Ratings")
    if table is None:
        return {}
    value = "Data Value"
    table.position(value)  # its values may be n/a, the column may not be absent
    columns = (CODE, TASK_ID, "Scale ID")
    importance = {}
    for line, (code, task_id, scale), (rating,) in table.rows(columns, (value,), holding=f"\t{IMPORTANCE_SCALE}\t"):
        if scale == IMPORTANCE_SCALE and rating is not None:
            importance[code, task_id] = _rating(table, line, value, rating)
    return importance


def _title_table(archive: ReleaseArchive) -> tuple[TextTable, str]:
    for name, _ in TITLE_LAYOUTS:
        table = _optional(archive, name)
        if table is not None:
            named = [column for _, column in TITLE_LAYOUTS if table.has(column)]
            return table, named[0] if named else dict(TITLE_LAYOUTS)[name]
    raise _missing(archive, " or ".join(f"{name}.txt" for name, _ in reversed(TITLE_LAYOUTS)))


def _required(archive: ReleaseArchive, name: str) -> TextTable:
    table = _optional(archive, name)
    if table is None:
        raise _missing(archive, f"{name}.txt")
    return table


def _optional(archive: ReleaseArchive, name: str) -> TextTable | None:
    content = archive.read(name)
    return None if content is None else TextTable.parse(name, archive.version.display, content)


def _missing(archive: ReleaseArchive, name: str) -> TableRefused:
    found = ", ".join(archive.tables())
    return TableRefused(f"O*NET {archive.version} from {archive.name} has no {name}; found: {found[:600]}. {ADVICE}")


def _not_empty(table: TextTable, records: tuple[Record, ...]) -> tuple[Record, ...]:
    if not records:
        table.refuse(1, None, "a header without any rows")
    return records


def _check_code(table: TextTable, line: int, column: str, code: str, codes: Collection[str]) -> None:
    if code in codes:
        return
    if not _CODE.fullmatch(code):
        table.refuse(line, column, f"{code[:40]!r}, which is not of the form 15-1252.00")
    table.refuse(line, column, f"{code!r}, which is not in 'Occupation Data'")


def _check_length(table: TextTable, line: int, column: str, title: str) -> None:
    if len(title) > LONGEST_TITLE:
        table.refuse(line, column, f"{len(title)} characters, more than {LONGEST_TITLE}: {title[:40]!r}")


def _whole_number(table: TextTable, line: int, column: str, text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        table.refuse(line, column, f"{text[:40]!r}, which is not a whole number")
    return int(text)


def _rating(table: TextTable, line: int, column: str, text: str) -> float:
    try:
        rating = float(text)
    except ValueError:
        rating = math.nan
    if not 1 <= rating <= 5:
        table.refuse(line, column, f"{text[:40]!r}, which is not a number from 1 to 5")
    return rating
