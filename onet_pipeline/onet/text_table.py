"""One tab-separated table of a release, read strictly.

Belongs here: lines, columns, ``n/a``, and a complaint that names table, line, column, release and what was found.
Does not: what a row means (``tables``).

https://www.onetcenter.org/dictionary/30.1/text/
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from onet_pipeline.errors import TableRefused

NULL = "n/a"
ADVICE = "Nothing was loaded; get the release again or choose another."
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table with its header and its lines; quotes are data, a blank line is not a row."""

    name: str
    release: str
    columns: tuple[str, ...]
    lines: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, release: str, content: bytes) -> "TextTable":
        """Read UTF-8 with CRLF or LF, with or without a byte order mark.

        Raises:
            TableRefused: not UTF-8, a NUL byte, or no header.
        """
        text = _decoded(name, release, content)
        header, *lines = [line.removesuffix("\r") for line in text.split("\n")]
        table = cls(name, release, tuple(column.strip() for column in header.split("\t")), tuple(lines))
        if "\0" in text:
            table.refuse(text.count("\n", 0, text.index("\0")) + 1, None, "a NUL byte")
        return table

    def has(self, column: str) -> bool:
        """Tell whether the header names the column."""
        return column in self.columns

    def rows(
        self, required: Sequence[str], optional: Sequence[str] = (), *, holding: str = ""
    ) -> Iterator[tuple[int, list[str], list[str | None]]]:
        """Yield line number (the header is 1), the required values, and the optional ones.

        ``n/a``, an empty value and a missing optional column are None. Lines without ``holding`` are passed over
        unread: nine of ten lines of ``Task Ratings`` are of no interest.

        Raises:
            TableRefused: a required column or value is missing, or a line has more or fewer fields than the header.
        """
        wanted = [self.position(column) for column in required]
        extra = [self.columns.index(column) if self.has(column) else None for column in optional]
        width = len(self.columns)
        for number, line in enumerate(self.lines, 2):
            if not line or holding not in line:
                continue
            fields = line.split("\t")
            if len(fields) != width:
                self.refuse(number, None, f"{len(fields)} fields where the header has {width}: {line[:_SHOWN]!r}")
            values = [fields[position] for position in wanted]
            if NULL in values or "" in values:
                empty = NULL if NULL in values else ""
                self.refuse(number, required[values.index(empty)], f"{empty!r} where a value is needed")
            yield number, values, [None if p is None or fields[p] in (NULL, "") else fields[p] for p in extra]

    def refuse(self, line: int, column: str | None, found: str) -> NoReturn:
        """Raise ``TableRefused`` for what was found at a line, in a column where it can be told."""
        where = f", column {column!r}" if column else ""
        raise TableRefused(f"O*NET {self.release}, table {self.name!r}, line {line}{where}: found {found}. {ADVICE}")

    def position(self, column: str) -> int:
        """Return where the column stands, from 0.

        Raises:
            TableRefused: the header does not name it.
        """
        if self.has(column):
            return self.columns.index(column)
        raise TableRefused(
            f"O*NET {self.release}, table {self.name!r} has no column {column!r}; found: "
            f"{', '.join(self.columns)[:300]!r}. {ADVICE}"
        )


def _decoded(name: str, release: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Counted in what the decoder saw: it had taken the byte order mark off.
        before = error.object[: error.start]
        header = error.object.partition(b"\n")[0].decode("utf-8", errors="replace").rstrip("\r")
        table = TextTable(name, release, tuple(header.split("\t")), ())
        field = before.rpartition(b"\n")[2].count(b"\t")
        column = table.columns[field] if field < len(table.columns) else None
        table.refuse(before.count(b"\n") + 1, column, f"byte 0x{error.object[error.start]:02x}, which is not UTF-8")
