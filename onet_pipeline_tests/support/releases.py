"""Small O*NET releases, built in the test.

Belongs here: a release of five occupations in O*NET's format, and ways to change and pack it. Does not: the parsing.

    release = small_release("30.2").with_titles(("15-1252.00", "Code Wrangler"))
    path = release.write_zip(tmp_path)                      # tmp_path/db_30_2_text.zip, as published
    body = release.zip_bytes(layout="job titles", newline="\\n", prefix=False)

https://www.onetcenter.org/dictionary/30.1/text/
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

Layout = Literal["alternate titles", "job titles"]
Row = tuple[str, ...]

OCCUPATIONS: tuple[Row, ...] = (
    ("11-9199.00", "Managers, All Other", "All managers who are not listed apart."),
    ("13-2011.00", "Accountants and Auditors", "Keep, examine and judge the books of an organisation."),
    ("15-1252.00", "Software Developers", "Design, write and look after computer programs."),
    ("29-1141.00", "Registered Nurses", "Look after patients, plan their care and keep their records."),
    ("33-3051.00", "Police and Sheriff's Patrol Officers", 'Keep the peace on an assigned "beat".'),
)
TITLES: tuple[Row, ...] = (
    ("13-2011.00", "Certified Public Accountant (CPA)", "CPA", "02,08"),
    ("13-2011.00", "Staff Accountant", "n/a", "08"),
    ("15-1252.00", "Software Engineer", "n/a", "02,09"),
    ("15-1252.00", 'Programmer, "Full Stack', "n/a", "10"),
    ("29-1141.00", "Staff Nurse", "n/a", "08"),
    ("33-3051.00", "Police Officer", "n/a", "02"),
    ("33-3051.00", "Canine Officer", "n/a", "08"),
)
TASKS: tuple[Row, ...] = (
    ("13-2011.00", "101", "Prepare reports of what was earned and spent.", "Core"),
    ("15-1252.00", "201", "Write programs that others can read.", "Core"),
    ("15-1252.00", "202", "Find out why a program fails.", "Supplemental"),
    ("29-1141.00", "301", "Watch patients and note how they are.", "Core"),
    ("33-3051.00", "401", "Patrol an area and answer calls.", "n/a"),
)
IMPORTANCE: Mapping[str, str] = {"101": "4.1", "201": "4.52", "202": "3.9", "301": "4.8"}
RELATED: tuple[Row, ...] = (
    ("13-2011.00", "11-9199.00", "Primary-Short", "1"),
    ("13-2011.00", "15-1252.00", "Supplemental", "2"),
)


@dataclass(frozen=True)
class SmallRelease:
    """A release to be packed; every field may be replaced, tables as the rows that the file will hold.

    ``members`` adds or replaces whole files by base name (text or bytes); None takes the file out.
    """

    version: str = "30.1"
    occupations: tuple[Row, ...] = OCCUPATIONS
    titles: tuple[Row, ...] = TITLES
    tasks: tuple[Row, ...] = TASKS
    importance: Mapping[str, str] | None = field(default_factory=lambda: dict(IMPORTANCE))
    related: tuple[Row, ...] | None = RELATED
    members: Mapping[str, str | bytes | None] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return self.version.replace(".", "_")

    @property
    def archive_name(self) -> str:
        return f"db_{self.token}_text.zip"

    def with_occupations(self, *rows: Row) -> "SmallRelease":
        return replace(self, occupations=(*self.occupations, *rows))

    def without_occupation(self, code: str) -> "SmallRelease":
        """Take an occupation out, with its titles, tasks and links."""
        return replace(
            self,
            occupations=tuple(row for row in self.occupations if row[0] != code),
            titles=tuple(row for row in self.titles if row[0] != code),
            tasks=tuple(row for row in self.tasks if row[0] != code),
            related=tuple(row for row in self.related or () if code not in row[:2]),
        )

    def with_titles(self, *rows: tuple[str, str]) -> "SmallRelease":
        return replace(self, titles=(*self.titles, *((code, title, "n/a", "08") for code, title in rows)))

    def with_tasks(self, *rows: Row) -> "SmallRelease":
        return replace(self, tasks=(*self.tasks, *rows))

    def with_member(self, name: str, content: str | bytes | None) -> "SmallRelease":
        """Replace one file whole (``"Read Me.txt"``), or take it out with None."""
        return replace(self, members={**self.members, name: content})

    def files(self, layout: Layout = "alternate titles", newline: str = "\r\n") -> dict[str, bytes]:
        """Return the text files by base name."""
        texts: dict[str, str | bytes | None] = {
            "Read Me.txt": _lines([(f"O*NET {self.version} Database",), ("A small release for tests",)], newline),
            "Occupation Data.txt": _lines([("O*NET-SOC Code", "Title", "Description"), *self.occupations], newline),
            **_titles(self.titles, layout, newline),
            "Task Statements.txt": _tasks(self.tasks, newline),
            "Task Ratings.txt": _ratings(self.tasks, self.importance, newline),
            "Related Occupations.txt": _related(self.related, newline),
            **self.members,
        }
        return {n: t.encode() if isinstance(t, str) else t for n, t in texts.items() if t is not None}

    def zip_bytes(
        self, *, layout: Layout = "alternate titles", newline: str = "\r\n", prefix: bool = True, compression: int = 8
    ) -> bytes:
        """Return the release as a zip; ``prefix`` puts the files under ``db_30_1_text/`` as published."""
        buffer = io.BytesIO()
        folder = f"db_{self.token}_text/" if prefix else ""
        with zipfile.ZipFile(buffer, "w", compression) as archive:
            for name, content in self.files(layout, newline).items():
                # A fixed date keeps the bytes the same from one call to the next.
                archive.writestr(_member(folder + name, compression), content)
        return buffer.getvalue()

    def write_zip(
        self, folder: Path, *, layout: Layout = "alternate titles", newline: str = "\r\n", prefix: bool = True
    ) -> Path:
        """Write ``db_30_1_text.zip`` into the folder and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.archive_name
        path.write_bytes(self.zip_bytes(layout=layout, newline=newline, prefix=prefix))
        return path

    def write_folder(self, folder: Path, *, layout: Layout = "alternate titles", newline: str = "\r\n") -> Path:
        """Write the files as an extracted release, ``folder/db_30_1_text/``, and return that path."""
        path = folder / f"db_{self.token}_text"
        path.mkdir(parents=True, exist_ok=True)
        for name, content in self.files(layout, newline).items():
            (path / name).write_bytes(content)
        return path


def small_release(version: str = "30.1") -> SmallRelease:
    """Return a release of 5 occupations, 7 alternate titles, 5 tasks (4 rated) and 2 links."""
    return SmallRelease(version)


def _member(name: str, compression: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, date_time=(2025, 12, 2, 0, 0, 0))
    member.compress_type = compression
    member.external_attr = 0o644 << 16
    return member


def _lines(rows: Sequence[Row], newline: str) -> str:
    return "".join("\t".join(row) + newline for row in rows)


def _titles(rows: Sequence[Row], layout: Layout, newline: str) -> dict[str, str | bytes | None]:
    name = layout.title()
    column = {"alternate titles": "Alternate Title", "job titles": "Job Title"}[layout]
    return {f"{name}.txt": _lines([("O*NET-SOC Code", column, "Short Title", "Source(s)"), *rows], newline)}


def _tasks(rows: Sequence[Row], newline: str) -> str:
    header = ("O*NET-SOC Code", "Task ID", "Task", "Task Type", "Incumbents Responding", "Date", "Domain Source")
    return _lines([header, *((*row, "95", "08/2023", "Incumbent") for row in rows)], newline)


def _ratings(tasks: Sequence[Row], importance: Mapping[str, str] | None, newline: str) -> str | None:
    if importance is None:
        return None
    header: Row = ("O*NET-SOC Code", "Task ID", "Scale ID", "Category", "Data Value", "N", "Standard Error")
    header = (*header, "Lower CI Bound", "Upper CI Bound", "Recommend Suppress", "Date", "Domain Source")
    rest = ("95", "0.05", "4.0", "4.6", "N", "08/2023", "Incumbent")
    rows: list[Row] = []
    for code, task, *_ in tasks:
        rows += [(code, task, "FT", "1", "12.5", *rest), (code, task, "RT", "n/a", "98.2", *rest)]
        if task in importance:
            rows.append((code, task, "IM", "n/a", importance[task], *rest))
    return _lines([header, *rows], newline)


def _related(rows: Sequence[Row] | None, newline: str) -> str | None:
    header = ("O*NET-SOC Code", "Related O*NET-SOC Code", "Relatedness Tier", "Index")
    return None if rows is None else _lines([header, *rows], newline)
