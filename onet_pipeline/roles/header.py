"""Where in a sheet the table begins, and what its columns are called.

Belongs here: telling title lines, header and first data row apart. Does not: which column holds the roles.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from onet_pipeline.roles.cells import is_blank, is_number
from onet_pipeline.roles.role_column import column_named
from onet_pipeline.roles.role_words import header_rank, is_common_header

#: Rows from the top in which the header is looked for.
SEARCHED_ROWS = 60


@dataclass(frozen=True, slots=True)
class Header:
    """``row`` is the header's place among the rows of the sheet, None where there is none.

    ``data_row`` is where data begins. ``columns`` may be shown in messages: names, or ``column 1`` where the first row
    could be somebody's data.
    """

    row: int | None
    data_row: int
    columns: tuple[str, ...]


def find_header(rows: Sequence[Sequence[str]], role_column: str | None, certain: bool = False) -> Header:
    """Find the header in a sample of cleaned rows that starts at the top of the sheet and is not all empty.

    ``certain`` says that the first row is the header.
    """
    width = _width(rows)
    cells = [sum(bool(cell) for cell in row) for row in rows]
    usual = median([count for count in cells if count])
    if certain:
        return _header(rows, 0, width)
    searched = range(min(SEARCHED_ROWS, len(rows)))
    for test in (_is_named(role_column), _has_role_word):
        for index in searched:
            if cells[index] >= min(usual, max(2, usual / 2)) and test(rows[index]):
                return _header(rows, _lower_of_two(rows, index), width)
    first = next((index for index in searched if cells[index] >= min(usual, max(2, 0.6 * usual))), 0)
    return _by_shape(rows, first, width)


def numbered(width: int) -> tuple[str, ...]:
    """Return ``column 1``, ``column 2``, … for a table whose header is not known."""
    return tuple(f"column {index + 1}" for index in range(width))


def _is_named(role_column: str | None) -> Callable[[Sequence[str]], bool]:
    return lambda row: role_column is not None and column_named(row, role_column) is not None


def _has_role_word(row: Sequence[str]) -> bool:
    return any(header_rank(cell) for cell in row) and not any(is_number(cell) for cell in row if header_rank(cell))


def _lower_of_two(rows: Sequence[Sequence[str]], index: int) -> int:
    """Under a line of group headers (``Person, , Post``) stands the line that names the columns."""
    ranks = [max(map(header_rank, row), default=0) for row in rows[index : index + 2]]
    return index + 1 if len(ranks) == 2 and ranks[1] > ranks[0] and _has_role_word(rows[index + 1]) else index


def _by_shape(rows: Sequence[Sequence[str]], first: int, width: int) -> Header:
    row, below = rows[first], rows[first + 1 :]
    cells = [cell for cell in row if cell]
    common = sum(map(is_common_header, cells))
    if common >= max(1, len(cells) / 2) or (common and width > 1 and _stands_over_numbers(row, below)):
        return _header(rows, first, width)
    if any(map(is_number, cells)):
        return Header(None, first, numbered(width))
    if _stands_over_numbers(row, below):
        return _header(rows, first, width)
    repetitive = width > 1 and any(_repeats(below, index) for index in range(width))
    if repetitive and not any(_recurs(row, below, index) for index in range(len(row))):
        # Names nobody can know for a header: kept out of messages in case it is the first person's row.
        return Header(first, first + 1, numbered(width))
    return Header(None, first, numbered(width))


def _header(rows: Sequence[Sequence[str]], index: int, width: int) -> Header:
    named = [*rows[index], *[""] * (width - len(rows[index]))][:width]
    columns = tuple(cell or label for cell, label in zip(named, numbered(width), strict=True))
    return Header(index, index + 1, columns)


def _width(rows: Sequence[Sequence[str]]) -> int:
    """Trailing columns that are empty throughout do not count."""
    return max(index + 1 for row in rows for index, cell in enumerate(row) if cell)


def _column(rows: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index] for row in rows if index < len(row) and not is_blank(row[index])]


def _stands_over_numbers(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    for index, cell in enumerate(row):
        values = _column(below, index)
        if cell and not is_number(cell) and len(values) >= 3 and sum(map(is_number, values)) >= 0.8 * len(values):
            return True
    return False


def _repeats(rows: Sequence[Sequence[str]], index: int) -> bool:
    values = _column(rows, index)
    return len(values) >= 10 and len(set(values)) <= len(values) / 2


def _recurs(row: Sequence[str], below: Sequence[Sequence[str]], index: int) -> bool:
    return bool(row[index]) and row[index] in _column(below, index)
