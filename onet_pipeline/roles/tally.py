"""Counting the rows of a table: roles, blanks, sums, remarks.

Belongs here: what one row is, and the counts. Does not: finding the table.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from onet_pipeline.roles.cells import clean, is_blank, is_empty_row, is_number, is_remark, is_total, summed_group
from onet_pipeline.roles.records import Role

#: Values shown of a context column, and the most characters of them together: department names, not documents.
_CONTEXT_VALUES = 3
_CONTEXT_LENGTH = 300


class _Kind(Enum):
    """What a value of the role column is by itself; all but ROLE need a look at the whole row."""

    ROLE = auto()
    BLANK = auto()
    TOTAL = auto()
    NUMBER = auto()
    REMARK = auto()
    HEADER = auto()


@dataclass
class Tally:
    """Counts rows as they stream by; memory grows with distinct values, not with rows.

    ``header_cells`` are the cleaned cells of the header, empty where there is none; ``context`` maps names of columns
    to their places.
    """

    role_index: int
    header_cells: Sequence[str] = ()
    context: Mapping[str, int] = field(default_factory=dict)
    blank_count: int = 0
    totals_count: int = 0
    remark_count: int = 0
    repeated_header_count: int = 0

    def __post_init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._context: dict[str, tuple[Counter[str], ...]] = {}
        self._seen = _Cache(self._look)

    def count(self, rows: Iterable[Sequence[str]]) -> None:
        """Count data rows of raw cells."""
        counts, role_of, context = self._counts, self.role_of, self.context
        for row in rows:
            title = role_of(row)
            if title is not None:
                counts[title] += 1
                if context:
                    self._note_context(title, row)

    def role_of(self, row: Sequence[str]) -> str | None:
        """Return the role of a data row, None for a row without one, which is counted as what it is."""
        title, kind = self._seen[row[self.role_index] if self.role_index < len(row) else ""]
        return title if kind is _Kind.ROLE or self._is_role_after_all(kind, row) else None

    def roles(self) -> tuple[Role, ...]:
        """Return the roles in order of first appearance; ``Clerk Total`` is a sum where ``Clerk`` is a role."""
        sums = [title for title in self._counts if (group := summed_group(title)) and group in self._counts]
        for title in sums:
            self.totals_count += self._counts.pop(title)
        return tuple(Role(title, rows, self._context_of(title)) for title, rows in self._counts.items())

    def _look(self, cell: str) -> tuple[str, _Kind]:
        title = clean(cell)
        tests = (
            (_Kind.BLANK, is_blank),
            (_Kind.HEADER, self._is_header_cell),
            (_Kind.TOTAL, is_total),
            (_Kind.REMARK, is_remark),
            (_Kind.NUMBER, is_number),
        )
        return title, next((kind for kind, test in tests if test(title)), _Kind.ROLE)

    def _is_header_cell(self, title: str) -> bool:
        return self.role_index < len(self.header_cells) and title == self.header_cells[self.role_index]

    def _is_role_after_all(self, kind: _Kind, row: Sequence[str]) -> bool:
        """Count a row that is no plain role where it belongs; True when the whole row shows that it is one."""
        if is_empty_row(row):
            return False
        cells = [text for cell in row if (text := clean(cell))]
        if kind is _Kind.HEADER:
            repeated = cells == [cell for cell in self.header_cells if cell]
            self.repeated_header_count += repeated
            return not repeated
        if kind is _Kind.TOTAL or (kind in (_Kind.BLANK, _Kind.NUMBER) and is_total(cells[0])):
            self.totals_count += 1
        elif len(cells) == 1 and is_remark(cells[0]):
            self.remark_count += 1
        elif kind is _Kind.BLANK:
            self.blank_count += 1
        else:
            return True
        return False

    def _note_context(self, title: str, row: Sequence[str]) -> None:
        counters = self._context.setdefault(title, tuple(Counter() for _ in self.context))
        for counter, place in zip(counters, self.context.values(), strict=True):
            if place < len(row):
                counter[row[place]] += 1

    def _context_of(self, title: str) -> tuple[tuple[str, str], ...]:
        shown = [
            (name, _commonest(counter))
            for name, counter in zip(self.context, self._context.get(title, ()), strict=False)
        ]
        return tuple((name, values) for name, values in shown if values)


class _Cache(dict[str, tuple[str, _Kind]]):
    """Looks at each distinct cell once."""

    def __init__(self, look: Callable[[str], tuple[str, _Kind]]) -> None:
        super().__init__()
        self._look = look

    def __missing__(self, cell: str) -> tuple[str, _Kind]:
        found = self[cell] = self._look(cell)
        return found


def _commonest(counter: Counter[str]) -> str:
    """Join the commonest values; of equally common ones the alphabetically first, so that row order changes nothing."""
    values: Counter[str] = Counter()
    for cell, rows in counter.items():
        if not is_blank(text := clean(cell)):
            values[text] += rows
    ranked = sorted(values, key=lambda text: (-values[text], text))
    return "; ".join(ranked[:_CONTEXT_VALUES])[:_CONTEXT_LENGTH]
