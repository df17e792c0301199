"""What the report counts: roles and rows by confidence, by method, by major group.

Belongs here: the numbers of each chart, as a table and as bars. Does not: drawing (``charts``).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from onet_pipeline.review.charts import Bar
from onet_pipeline.review.rollup import Group, Taxonomy
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.store.records import Mapping

COLOURS = {ConfidenceTier.HIGH: "#1f7a8c", ConfidenceTier.MEDIUM: "#b97a0a", ConfidenceTier.LOW: "#b3402a"}
"""Told apart by the colour-blind too, and at 3:1 or more on white and on the dark page."""

METHODS = {
    Method.CLAUDE: "Claude",
    Method.LEXICAL: "Lexical rule",
    Method.CACHED: "Decided before",
    Method.FALLBACK: "Fallback",
    Method.REVIEWED: "Reviewed before",
}
"""How a person calls the methods."""

_UNMAPPED = "No occupation"


@dataclass(frozen=True, slots=True)
class Figure:
    """One chart with its numbers; ``rows`` hold a label and a count for each tier."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The rows as bars, in parts by tier."""
        return tuple(Bar(_short(label), _note(counts), _parts(counts)) for label, counts in self.rows)

    @property
    def shares(self) -> tuple[Bar, ...]:
        """The rows as bars of one length, so that different totals compare."""
        return tuple(self._bar(label, counts, sum(counts)) for label, counts in self.rows)

    def parts_of(self, total: int) -> tuple[Bar, ...]:
        """The rows as bars beside which one of length 1 would stand for ``total``."""
        return tuple(self._bar(label, counts, total) for label, counts in self.rows)

    @staticmethod
    def _bar(label: str, counts: Sequence[int], total: int) -> Bar:
        return Bar(_short(label), _note(counts), _parts([count / (total or 1) for count in counts]))


def confidence(mappings: Sequence[Mapping]) -> Figure:
    """Count by confidence: roles, and the rows that they stand for."""
    roles, rows = [0, 0, 0], [0, 0, 0]
    for mapping in mappings:
        place = list(ConfidenceTier).index(mapping.confidence)
        roles[place] += 1
        rows[place] += mapping.row_count
    return _figure("Confidence, by roles and by rows", "counted", {"Roles": roles, "Rows": rows}.items())


def by_method(mappings: Sequence[Mapping]) -> Figure:
    """Count roles by how they came by their code, most first."""
    counted = _by_tier(mappings, lambda mapping: METHODS[mapping.method], lambda _: 1)
    return _figure("How roles were mapped", "method", counted)


def by_major_group(mappings: Sequence[Mapping], taxonomy: Taxonomy) -> Figure:
    """Count rows by the major group of their occupation, most first."""

    def group_of(mapping: Mapping) -> str:
        return group_name(taxonomy.rollup(mapping.settled_code).major) if mapping.settled_code else _UNMAPPED

    return _figure("Rows by major group", "major group", _by_tier(mappings, group_of, lambda each: each.row_count))


def group_name(major: Group) -> str:
    """Return the title of a major group without the word that ends them all."""
    return major.title.removesuffix(" Occupations") if major.title else major.code


def _by_tier(
    mappings: Iterable[Mapping], label: Callable[[Mapping], str], weight: Callable[[Mapping], int]
) -> list[tuple[str, list[int]]]:
    counts: Counter[tuple[str, ConfidenceTier]] = Counter()
    for mapping in mappings:
        counts[label(mapping), mapping.confidence] += weight(mapping)
    rows = [(name, [counts[name, tier] for tier in ConfidenceTier]) for name in {name for name, _ in counts}]
    return sorted(rows, key=lambda row: (-sum(row[1]), row[0]))


def _figure(title: str, first: str, rows: Iterable[tuple[str, Sequence[int]]]) -> Figure:
    header = (first, *(tier.value for tier in ConfidenceTier), "all")
    return Figure(title, header, tuple((label, tuple(counts)) for label, counts in rows))


def _parts(counts: Sequence[float]) -> tuple[tuple[float, str], ...]:
    return tuple((count, COLOURS[tier]) for tier, count in zip(ConfidenceTier, counts, strict=True) if count)


def _note(counts: Sequence[int]) -> str:
    return f"{sum(counts):,}"


def _short(label: str) -> str:
    """Cut a label to what fits beside a number, 48 letters; the longest major group has 46."""
    return label if len(label) <= 48 else f"{label[:47]}…"
