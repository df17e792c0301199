"""Mappings as rows of a file: one per role, with its groups.

Belongs here: the columns. Does not: formats (``tables``), the review workbook, or which mappings (``store``).
"""

from collections.abc import Iterable

from onet_pipeline.onet.credit import credit
from onet_pipeline.review.risk import settled_title
from onet_pipeline.review.rollup import Group, Rollup, Taxonomy
from onet_pipeline.review.tables import Row
from onet_pipeline.store.records import Mapping


def mapping_rows(mappings: Iterable[Mapping], taxonomy: Taxonomy) -> list[Row]:
    """Return one row per role in the given order; ``soc_6`` to ``soc_2`` are its groups in SOC 2018, by digits."""
    return [_row(mapping, taxonomy) for mapping in mappings]


def _row(mapping: Mapping, taxonomy: Taxonomy) -> Row:
    return {
        "role": mapping.source_role,
        "rows": mapping.row_count,
        "onet_code": mapping.settled_code,
        "onet_title": settled_title(mapping, taxonomy),
        "confidence": mapping.confidence.value,
        "confidence_score": mapping.confidence_score,
        **_groups(mapping.settled_code, taxonomy),
        "method": mapping.method.value,
        "user_confirmed": str(mapping.user_confirmed).lower(),
        "confirmed_by": mapping.confirmed_by,
        "reasoning": mapping.reasoning,
        "runners_up": " ".join(mapping.runners_up),
        "missing_information": mapping.missing_information,
        "fallback_reason": mapping.fallback_reason,
        "cached_from": mapping.cached_from,
        "mapper": mapping.mapper,
        "model": mapping.model,
        "onet_version": mapping.onet_version,
        "credit": credit(mapping.onet_version),
    }


def _groups(code: str | None, taxonomy: Taxonomy) -> Row:
    nothing = Group("", None)
    groups = taxonomy.rollup(code) if code else Rollup(nothing, nothing, nothing, nothing)
    by_digits = {6: groups.detailed, 5: groups.broad, 3: groups.minor, 2: groups.major}
    row: Row = {}
    for digits, group in by_digits.items():
        row[f"soc_{digits}"] = group.code or None
        row[f"soc_{digits}_title"] = group.title
    return row
