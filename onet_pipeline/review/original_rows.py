"""An upload's own rows with the occupation of each: the customer's table, three columns wider.

Belongs here: joining, and writing the formats of a table. Does not: which row has which role (``roles.spreadsheets``).

The customer's cells are theirs and stay as they are, formulas too: who opens the result has opened the upload. In XLSX
they are values, which no program runs. Only our own columns are made inert.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from onet_pipeline.errors import UploadError
from onet_pipeline.review.risk import settled_title
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.review.tables import inert
from onet_pipeline.roles.spreadsheets import UploadRows
from onet_pipeline.store.columns import storable
from onet_pipeline.store.records import Mapping as RoleMapping

COLUMNS = ("onet_code", "onet_title", "confidence")
"""The columns added, in this order, at the right."""

_MOST_SHEET_ROWS = 1_048_576
_MOST_CELL_CHARACTERS = 32_767
_NOTHING = ("", "", "")
# Short enough that a worksheet shows the number as it was written; 007, 1.50 and account numbers stay text.
_NUMBER = re.compile(r"-?(?!0$)(?:0|[1-9]\d{0,6})(?:\.\d{0,2}[1-9])?|0")


def joined_rows(upload: UploadRows, mappings: Iterable[RoleMapping], taxonomy: Taxonomy) -> Iterator[list[str]]:
    """Yield the rows of an upload in their order, each with code, title and confidence of its role.

    Rows without a role, or with one that is not mapped, have them empty; what stands above the header stays as it is.
    A short row is filled up to the width of the table, so that the new columns stand under each other.
    """
    answers = {each.source_role: _answer(each, taxonomy) for each in mappings}
    first = upload.header_row or 0
    width = max((len(row) for place, (row, _) in enumerate(upload) if place >= first), default=0)
    names = _free_names(upload.columns)
    for place, (row, role) in enumerate(upload):
        if place < first:
            yield list(row)
            continue
        added = names if place == upload.header_row else answers.get(storable(role), _NOTHING) if role else _NOTHING
        yield [*row, *[""] * (width - len(row)), *added]


def _answer(mapping: RoleMapping, taxonomy: Taxonomy) -> tuple[str, ...]:
    title = settled_title(mapping, taxonomy) or ""
    return inert(mapping.settled_code or ""), inert(title), mapping.confidence.value


def _free_names(columns: Sequence[str]) -> tuple[str, ...]:
    """Return our names for the columns; one that the upload has already gets a number."""
    taken = {column.casefold() for column in columns}
    named = ([name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))] for name in COLUMNS)
    return tuple(next(name for name in names if name not in taken) for names in named)


def _delimited(delimiter: str | None) -> Callable[[Iterable[Sequence[str]], UploadRows], bytes]:
    def write(rows: Iterable[Sequence[str]], upload: UploadRows) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter or upload.delimiter or ",").writerows(rows)
        return text.getvalue().encode("utf-8-sig", "replace")

    return write


def _xlsx(rows: Iterable[Sequence[str]], upload: UploadRows) -> bytes:
    import xlsxwriter  # type: ignore[import-untyped]

    file = io.BytesIO()
    options: dict[str, Any] = {"constant_memory": True, "in_memory": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        sheet = workbook.add_worksheet()
        for place, row in enumerate(rows):
            if place >= _MOST_SHEET_ROWS or any(len(cell) > _MOST_CELL_CHARACTERS for cell in row):
                raise UploadError("A worksheet cannot hold these rows: name a .csv file instead.")
            for column, cell in enumerate(row):
                if _NUMBER.fullmatch(cell):
                    sheet.write_number(place, column, float(cell))
                elif cell:
                    sheet.write_string(place, column, cell)
    return file.getvalue()


def _parquet(rows: Iterable[Sequence[str]], upload: UploadRows) -> bytes:
    """Write text columns; what stands above the header, and the header itself, are no rows of a Parquet file."""
    import pyarrow as pa  # type: ignore[import-untyped]
    from pyarrow import parquet

    data = [row for place, row in enumerate(rows) if upload.header_row is None or place > upload.header_row]
    width = max(map(len, data), default=0)
    names = [*upload.columns, *(f"column {number + 1}" for number in range(len(upload.columns), width - len(COLUMNS)))]
    columns = zip(*data, strict=True) if data else [()] * len(names)
    arrays = [pa.array([storable(cell) for cell in column], pa.string()) for column in columns]
    sink = io.BytesIO()
    parquet.write_table(pa.Table.from_arrays(arrays, [*_distinct(names), *_free_names(names)]), sink)
    return sink.getvalue()


def _distinct(names: Sequence[str]) -> list[str]:
    """Number the names that occur again: readers of Parquet look columns up by name."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return distinct


FORMATS: Mapping[str, Callable[[Iterable[Sequence[str]], UploadRows], bytes]] = {
    ".csv": _delimited(None),
    ".tsv": _delimited("\t"),
    ".xlsx": _xlsx,
    ".parquet": _parquet,
}
"""Writers by the suffix of the file; CSV keeps the delimiter of the upload."""
