"""An upload as its distinct roles with how many rows each has.

Belongs here: reading one file, whole, and what is counted on the way. Does not: finding files (``steps.uploads``),
formats (``sheets``), the choice of the column (``role_column``).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from onet_pipeline.errors import RoleColumnUnknown, UploadEmpty, UploadError, UploadUnavailable, UploadUnreadable
from onet_pipeline.roles.cells import clean, is_blank
from onet_pipeline.roles.header import Header, find_header
from onet_pipeline.roles.records import Role
from onet_pipeline.roles.role_column import Choice, Evidence, choose, column_meant
from onet_pipeline.roles.sheets import RawSheet, open_sheets
from onet_pipeline.roles.tally import Tally
from onet_pipeline.roles.upload_options import UploadOptions

if TYPE_CHECKING:
    from pathlib import Path

    from upath import UPath

#: Largest file read. It is held in memory once; 256 MiB is about two million rows of payroll.
MOST_UPLOAD_BYTES = 256 * 1024**2
#: Rows looked at to find header and column.
_SAMPLED_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class UploadSheet:
    """The roles of one upload, in order of first appearance, and what was met on the way.

    ``row_count`` counts the data rows, with a role or with a blank one (``blank_count``); not counted in it are
    ``totals_count`` sums, ``remark_count`` footers, ``repeated_header_count`` and empty rows, and the
    ``preamble_rows`` above the header. ``columns`` are the names that may be shown; ``missing_context_columns`` were
    configured and are not there. ``sheet``, ``encoding`` and ``delimiter`` are None where the format has none.
    """

    roles: tuple[Role, ...]
    column: str
    columns: tuple[str, ...]
    row_count: int
    blank_count: int
    totals_count: int
    remark_count: int
    repeated_header_count: int
    preamble_rows: int
    sheet: str | None
    encoding: str | None
    delimiter: str | None
    missing_context_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UploadRows:
    """The rows of an upload as its file holds them.

    ``header_row`` is the place of the header, None where there is none. ``columns`` may be shown, as in
    ``UploadSheet``.
    """

    columns: tuple[str, ...]
    header_row: int | None
    delimiter: str | None
    _table: "_Table"

    def __iter__(self) -> Iterator[tuple[Sequence[str], str | None]]:
        """Yield every row from the top with its role, None for what has none: preamble, header, blanks, totals."""
        table = self._table
        tally = Tally(role_index=table.role_index, header_cells=table.header_cells)
        for place, row in enumerate(table.sheet.rows()):
            yield row, tally.role_of(row) if place >= table.header.data_row else None


@dataclass(frozen=True, slots=True)
class _Table:
    sheet: RawSheet
    header: Header
    header_cells: tuple[str, ...]
    role_index: int
    evidence: Evidence


def read_upload_file(path: "Path | UPath", options: UploadOptions | None = None) -> UploadSheet:
    """Read the upload at a path or address; see ``read_upload``.

    Raises:
        UploadUnavailable: the file is not there, or cannot be had now.
        UploadUnreadable: it is larger than ``MOST_UPLOAD_BYTES``.
        UploadError: as ``read_upload``.
    """
    return read_upload(upload_bytes(path), path.name, options)


def upload_bytes(path: "Path | UPath") -> bytes:
    """Return the content of the upload at a path or address.

    Raises:
        UploadUnavailable: the file is not there, or cannot be had now.
        UploadUnreadable: it is larger than ``MOST_UPLOAD_BYTES``.
    """
    try:
        size = path.stat().st_size
        if size > MOST_UPLOAD_BYTES:
            raise UploadUnreadable(
                f"{path.name} has {size // 1024**2} MiB; at most {MOST_UPLOAD_BYTES // 1024**2} MiB are read. Split it."
            )
        return path.read_bytes()
    except OSError as error:
        raise UploadUnavailable(
            f"{path.name} cannot be had: {type(error).__name__}. Check that it is there."
        ) from error


def read_upload(content: bytes, name: str, options: UploadOptions | None = None) -> UploadSheet:
    """Read an upload from memory; its format is told by content, ``name`` is for messages.

    Raises:
        UploadUnreadable: the file cannot be read as a table.
        UploadEmpty: it has no rows, or its role column holds nothing.
        RoleColumnUnknown: no column, or more than one, could hold the roles.
    """
    options = options or UploadOptions()
    table = _find_table(open_sheets(content, name, options), name, options)
    columns = table.header.columns
    context = {column: column_meant(columns, column) for column in options.context_columns}
    tally = Tally(
        role_index=table.role_index,
        header_cells=table.header_cells,
        context={columns[index]: index for index in context.values() if index is not None},
    )
    tally.count(islice(table.sheet.rows(), table.header.data_row, None))
    roles = tally.roles()
    if not roles:
        raise UploadEmpty(f"{name}: the column {columns[table.role_index]!r} holds no role. Name another, or fill it.")
    return UploadSheet(
        roles=roles,
        column=columns[table.role_index],
        columns=columns,
        row_count=sum(role.row_count for role in roles) + tally.blank_count,
        blank_count=tally.blank_count,
        totals_count=tally.totals_count,
        remark_count=tally.remark_count,
        repeated_header_count=tally.repeated_header_count,
        preamble_rows=table.header.data_row - (table.header.row is not None),
        sheet=table.sheet.name,
        encoding=table.sheet.encoding,
        delimiter=table.sheet.delimiter,
        missing_context_columns=tuple(column for column, index in context.items() if index is None),
    )


def read_rows(content: bytes, name: str, options: UploadOptions | None = None) -> UploadRows:
    """Open an upload for its rows, read as ``read_upload`` reads them.

    Raises:
        UploadError: as ``read_upload``.
    """
    options = options or UploadOptions()
    table = _find_table(open_sheets(content, name, options), name, options)
    return UploadRows(table.header.columns, table.header.row, table.sheet.delimiter, table)


def _find_table(sheets: Sequence[RawSheet], name: str, options: UploadOptions) -> _Table:
    """Take the sheet with the surest role column, the first of several alike."""
    tables: list[_Table] = []
    faults: list[UploadError] = []
    for sheet in sheets:
        try:
            tables.append(_table(sheet, name, options))
        except UploadError as error:
            faults.append(error)
    if tables:
        return max(tables, key=lambda table: table.evidence)
    worst = [fault for fault in faults if not isinstance(fault, UploadEmpty)] or faults
    raise worst[0] if worst else UploadEmpty(f"{name} has no sheet with cells.")


def _table(sheet: RawSheet, name: str, options: UploadOptions) -> _Table:
    rows = [_cleaned(row) for row in islice(sheet.rows(), _SAMPLED_ROWS)]
    if all(is_blank(cell) for row in rows for cell in row):
        raise UploadEmpty(f"{name} has no rows. Send a file with a header and rows.")
    header = find_header(rows, options.role_column, certain=sheet.has_header)
    if not any(any(row) for row in rows[header.data_row :]):
        raise UploadEmpty(f"{name} has a header and no rows below it.")
    choice = _choose(header, rows, options.role_column)
    if choice.index is None:
        raise RoleColumnUnknown(_which_column(name, header.columns, choice, options.role_column))
    cells = tuple(rows[header.row]) if header.row is not None else ()
    return _Table(sheet, header, cells, choice.index, choice.evidence)


def _choose(header: Header, rows: Sequence[Sequence[str]], configured: str | None) -> Choice:
    if configured is not None:
        index = column_meant(header.columns, configured)
        return Choice(index, Evidence.CONFIGURED)
    width = len(header.columns)
    data = [[*row, *[""] * (width - len(row))] for row in rows[header.data_row :] if any(row)]
    return choose(header.columns, data)


def _which_column(name: str, columns: Sequence[str], choice: Choice, configured: str | None) -> str:
    shown = [_label(columns, index) for index in choice.rivals or range(min(50, len(columns)))]
    if configured is not None:
        problem = f"has no column {configured!r}; its columns: {', '.join(shown)}"
    elif choice.rivals:
        problem = f"has several columns that could hold the job titles: {', '.join(shown)}"
    else:
        problem = f"has no column that looks like job titles; its columns: {', '.join(shown)}"
    return f"{name} {problem}. Name the right one by `role_column:` in {name}.yaml beside it, or by ONET_ROLE_COLUMN."


def _label(columns: Sequence[str], index: int) -> str:
    name = columns[index]
    return f"{name[:60]} (column {index + 1})" if columns.count(name) > 1 else name[:60]


def _cleaned(row: Sequence[str]) -> list[str]:
    cells = [clean(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells
