"""The report of one upload: one HTML page that needs nothing else, neither network nor, to be read, script.

Belongs here: what the page is made of. Does not: its look (``page``), the numbers (``figures``), or where it is written
(``steps.report``).

https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from onet_pipeline.onet.credit import credit
from onet_pipeline.review import figures
from onet_pipeline.review.charts import png, svg
from onet_pipeline.review.risk import riskiest_first
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.review.shown_rows import packed, shown_rows
from onet_pipeline.roles.records import ConfidenceTier, Usage
from onet_pipeline.store.columns import storable
from onet_pipeline.store.records import Mapping, MappingRun, Upload

if TYPE_CHECKING:
    from jinja2 import Template

ROWS_WITHOUT_SCRIPT = 300
"""Roles that the page shows before, and without, its script: the riskiest."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a report tells of: an upload, its mappings, the runs that made them (newest first), the release's codes."""

    upload: Upload
    mappings: tuple[Mapping, ...]
    runs: tuple[MappingRun, ...]
    taxonomy: Taxonomy


def report_html(report: Report) -> bytes:
    """Return the page in UTF-8; the same records give the same bytes."""
    rows = shown_rows(riskiest_first(report.mappings), report.taxonomy)
    style, script = _part("report.css"), _part("report.js")
    page = _template().render(
        name=storable(PurePath(report.upload.path).name),
        facts=[(name, storable(value)) for name, value in _facts(report)],
        numbers=_numbers(report),
        charts=[_chart(each, report) for each in _figures(report)],
        tiers=[tier.value for tier in ConfidenceTier],
        rows=rows[:ROWS_WITHOUT_SCRIPT],
        row_total=len(rows),
        packed=packed(rows),
        credits=[credit(version) for version in _versions(report)],
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return page.encode("utf-8", "replace")


def mappings_picture(mappings: Sequence[Mapping]) -> bytes:
    """Return confidence, and how roles were mapped, as a PNG, for places that show no SVG: 13 KB for three methods."""
    by_method = figures.by_method(mappings).parts_of(len(mappings))
    return png([*figures.confidence(mappings).shares, *by_method])


def _figures(report: Report) -> tuple[figures.Figure, ...]:
    return (
        figures.confidence(report.mappings),
        figures.by_method(report.mappings),
        figures.by_major_group(report.mappings, report.taxonomy),
    )


def _chart(figure: figures.Figure, report: Report) -> dict[str, Any]:
    bars = figure.shares if figure == figures.confidence(report.mappings) else figure.bars
    told = "; ".join(f"{label}: {sum(counts):,}" for label, counts in figure.rows)
    return {"figure": figure, "svg": svg(bars, f"{figure.title}. {told}. The numbers stand below.")}


def _numbers(report: Report) -> list[tuple[str, str]]:
    """Return the few numbers that a reader looks for first, with what they count."""
    mappings = report.mappings
    rows = sum(mapping.row_count for mapping in mappings)
    sure = sum(mapping.row_count for mapping in mappings if mapping.confidence is ConfidenceTier.HIGH)
    open_ = sum(each.confidence is not ConfidenceTier.HIGH and not each.user_confirmed for each in mappings)
    return [
        (f"{len(mappings):,}", "roles"),
        (f"{rows:,}", "rows with a role"),
        (f"{sure / rows:.0%}" if rows else "–", "of the rows HIGH"),
        (f"{open_:,}", "roles to look at"),
        (f"{sum(each.settled_code is None for each in mappings):,}", "without occupation"),
        (f"{sum(each.user_confirmed for each in mappings):,}", "confirmed"),
    ]


def _facts(report: Report) -> list[tuple[str, str]]:
    upload, mappings = report.upload, report.mappings
    facts = [
        ("File", upload.path),
        ("Role column", upload.role_column or "unknown"),
        ("Rows", _rows(upload)),
        ("Release", ", ".join(map(_release, _versions(report))) or "–"),
        ("Mapper", _listed(f"{each.mapper}, version {each.prompt_version}" for each in mappings)),
        ("Model", _listed(each.model or "" for each in mappings) or "none"),
    ]
    return [*facts, *_run_facts(report.runs)]


def _run_facts(runs: Sequence[MappingRun]) -> list[tuple[str, str]]:
    if not runs:
        return [("Mapped", "not by a recorded run")]
    last, usage = runs[0], sum((run.usage for run in runs), Usage())
    calls = f"{usage.calls:,} calls, {usage.input_tokens + usage.output_tokens:,} tokens" if usage.calls else "no calls"
    cost = "unknown: the model has no known price" if usage.cost_usd is None else f"${usage.cost_usd:,.4f}"
    several = f", in {len(runs)} runs" if len(runs) > 1 else ""
    return [
        ("Mapped", f"{_moment(last.started_at)} to {_moment(last.finished_at)}"),
        ("Cost", f"{cost if usage.calls else 'nothing'}: {calls}{several}"),
        ("Run", f"{last.run_id or last.id}, {last.outcome.value if last.outcome else 'not finished'}"),
        *([("Reason", last.reason)] if last.reason else []),
    ]


def _rows(upload: Upload) -> str:
    if upload.row_count is None:
        return "unknown"
    blank, totals = upload.blank_count or 0, upload.totals_count or 0
    return f"{upload.row_count:,}, {blank:,} of them without a role; besides, {totals:,} rows of totals"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "?"


def _versions(report: Report) -> list[str]:
    return sorted({mapping.onet_version for mapping in report.mappings})


def _release(version: str) -> str:
    return "the sample release of onet-pipeline" if version.startswith("0.") else f"O*NET {version}"


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(sorted({text for text in texts if text}))


@cache
def _part(name: str) -> str:
    return (files("onet_pipeline.review") / "page" / name).read_text("utf-8")


@cache
def _template() -> "Template":
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["ours"] = Markup
    environment.filters["number"] = lambda count: f"{count:,}"
    return environment.from_string(_part("report.html"))


def _policy(style: str, script: str) -> str:
    """Allow this page's own style and script by their hash, and nothing else; no address at all can be reached."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
