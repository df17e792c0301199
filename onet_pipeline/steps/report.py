"""The report of one upload, written where analysts find it.

Belongs here: which records a report is made of, and its folder. Does not: the page (``review.report``).
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from onet_pipeline.errors import OnetPipelineError
from onet_pipeline.review.mapping_rows import mapping_rows
from onet_pipeline.review.report import Report, report_html
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.review.tables import FORMATS
from onet_pipeline.settings import Settings
from onet_pipeline.steps.export import write_whole
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.uploads import registered_upload

PAGE = "report.html"

_log = logging.getLogger(__name__)
_MOST_RUNS = 100
"""Runs whose cost is summed: more for one upload would be odd, and the newest count."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """Where a report is, and what it was made of."""

    report: Report
    page: Path
    tables: tuple[Path, ...]


def write_report(pipeline: Pipeline, key: str) -> WrittenReport:
    """Write ``report.html``, ``mappings.csv`` and ``mappings.parquet`` of an upload; each replaces the one before.

    Raises:
        UploadUnreadable: no upload is registered under the key.
        SettingsError: the folder of reports cannot be written.
    """
    upload = registered_upload(pipeline, key)
    taxonomy = Taxonomy(pipeline.occupations.all())
    report = Report(upload, pipeline.mappings.mappings(key), pipeline.mappings.runs(key, _MOST_RUNS), taxonomy)
    folder = report_folder(pipeline.settings, key)
    page = write_whole(folder / PAGE, report_html(report))
    rows = mapping_rows(report.mappings, taxonomy)
    tables = [write_whole(folder / f"mappings{suffix}", FORMATS[suffix](rows)) for suffix in (".csv", ".parquet")]
    return WrittenReport(report, page, tuple(tables))


def refresh_reports(pipeline: Pipeline, keys: Iterable[str]) -> None:
    """Write again the reports of these uploads that are there already: what they show was reviewed.

    One that cannot be written is logged and waits for the next mapping; what was reviewed stands.
    """
    for key in sorted(set(keys)):
        if (report_folder(pipeline.settings, key) / PAGE).exists():
            try:
                write_report(pipeline, key)
            except OnetPipelineError as error:
                _log.warning("The report of %s is of before the review: %s", key, error)


def report_folder(settings: Settings, key: str) -> Path:
    """Return the folder of one upload's report; other files that reviewers need lie there too."""
    reports = settings.reports.expanduser() if settings.reports else settings.root / "reports"
    return reports.absolute() / key
