"""Mappings as the report shows them: what a person reads of one role, and the same packed for the browser.

Belongs here: wording of a row, and its packing. Does not: the page around it (``report``).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from onet_pipeline.review.figures import METHODS, group_name
from onet_pipeline.review.risk import settled_title, title_of
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.roles.records import ConfidenceTier, Method
from onet_pipeline.store.columns import storable
from onet_pipeline.store.records import Mapping

# What would end the script element, or be a line end to JavaScript's grandparents, is written as an escape.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One role in words; ``runners_up`` are (code, title), ``origin`` where its answer comes from."""

    role: str
    rows: int
    code: str
    title: str
    group: str
    tier: str
    method: str
    reasoning: str
    missing: str
    origin: tuple[str, ...]
    runners_up: tuple[tuple[str, str], ...]


def shown_rows(mappings: Iterable[Mapping], taxonomy: Taxonomy) -> list[ShownRow]:
    """Put mappings into words, in the given order."""
    return [_shown(mapping, taxonomy) for mapping in mappings]


def _shown(mapping: Mapping, taxonomy: Taxonomy) -> ShownRow:
    code = mapping.settled_code
    return ShownRow(
        role=storable(mapping.source_role),
        rows=mapping.row_count,
        code=code or "",
        title=storable(settled_title(mapping, taxonomy) or ""),
        group=group_name(taxonomy.rollup(code).major) if code else "",
        tier=mapping.confidence.value,
        method=_method(mapping),
        reasoning=storable(mapping.reasoning),
        missing=storable(mapping.missing_information or ""),
        origin=tuple(storable(line) for line in _origin(mapping, taxonomy)),
        runners_up=tuple((other, title_of(mapping, other, taxonomy) or "") for other in mapping.runners_up),
    )


def _method(mapping: Mapping) -> str:
    if mapping.user_confirmed:
        return "Confirmed"
    return "Rejected" if mapping.is_rejected else METHODS[mapping.method]


def _origin(mapping: Mapping, taxonomy: Taxonomy) -> list[str]:
    lines = _review(mapping, taxonomy)
    if mapping.method is Method.FALLBACK:
        lines.append(f"The model gave no answer: {mapping.fallback_reason or 'no reason is known'}")
    if mapping.cached_from:
        lines.append(f"Decided before, in {mapping.cached_from}.")
    if mapping.second_look:
        lines.append(f"Asked twice, in another order: the answers {mapping.second_look.value}.")
    lines.append(f"{mapping.mapper}{f', {mapping.model}' if mapping.model else ''}; O*NET {mapping.onet_version}.")
    return lines


def _review(mapping: Mapping, taxonomy: Taxonomy) -> list[str]:
    before = _named(mapping.onet_code, mapping, taxonomy)
    if mapping.is_rejected:
        return [f"A reviewer rejected {before}."]
    if not mapping.user_confirmed:
        return []
    when = f" on {mapping.confirmed_at:%Y-%m-%d}" if mapping.confirmed_at else ""
    lines = [f"Confirmed by {mapping.confirmed_by or 'a reviewer'}{when}."]
    if mapping.confirmed_code != mapping.onet_code:
        lines.append(f"Before the review: {before}.")
    if mapping.confirmed_comment:
        lines.append(f"Comment: {mapping.confirmed_comment}")
    return lines


def _named(code: str | None, mapping: Mapping, taxonomy: Taxonomy) -> str:
    if code is None:
        return "no occupation"
    title = mapping.onet_title if code == mapping.onet_code else title_of(mapping, code, taxonomy)
    return f"{code} {title or ''}".strip()


def packed(rows: Sequence[ShownRow]) -> str:
    """Pack rows as JSON that may stand in an HTML script element: texts that repeat are written once."""
    texts: dict[str, int] = {}

    def place(text: str) -> int:
        return texts.setdefault(text, len(texts))

    lines = [
        [
            row.role,
            row.rows,
            place(row.code),
            place(row.title),
            place(row.group),
            place(row.tier),
            place(row.method),
            place(row.reasoning),
            place(row.missing),
            [place(line) for line in row.origin],
            [place(text) for runner_up in row.runners_up for text in runner_up],
        ]
        for row in rows
    ]
    kinds = {"tiers": [tier.value for tier in ConfidenceTier], "methods": sorted({row.method for row in rows})}
    content = {**kinds, "texts": list(texts), "rows": lines}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
