"""Mappings as a store would give them, without a store.

Belongs here: one upload, its run, and mappings with whatever a test cares about. Does not: databases.
"""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from onet_pipeline.review.report import Report
from onet_pipeline.review.rollup import Taxonomy
from onet_pipeline.roles.records import ConfidenceTier, Method, Usage
from onet_pipeline.store.records import Mapping, MappingRun, RunOutcome, ShownCandidate, Upload, UploadStatus
from onet_pipeline_tests.support.occupations import OCCUPATIONS

MOMENT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TITLES = {each.code: each.title for each in OCCUPATIONS}
TAXONOMY = Taxonomy(OCCUPATIONS)


def mapping(role: str, code: str | None = "29-1141.00", **changes: Any) -> Mapping:
    """Return the mapping of a role: HIGH, by Claude, one row, not confirmed, unless told otherwise."""
    tier = changes.get("confidence", ConfidenceTier.HIGH)
    known: dict[str, Any] = {
        "id": uuid.uuid5(uuid.NAMESPACE_URL, role.encode("utf-8", "replace").hex()),
        "upload_key": "staff-csv-1",
        "source_role": role,
        "row_count": 1,
        "onet_code": code,
        "onet_title": TITLES.get(code or ""),
        "confidence": tier,
        "confidence_score": tier.score,
        "reasoning": "The title names it.",
        "runners_up": ("29-2061.00",),
        "missing_information": None,
        "method": Method.CLAUDE,
        "fallback_reason": None,
        "cached_from": None,
        "fingerprint": None,
        "user_confirmed": False,
        "confirmed_by": None,
        "confirmed_at": None,
        "confirmed_code": None,
        "mapper": "claude",
        "model": "claude-haiku-5-5",
        "prompt_version": "7",
        "onet_version": "30.1",
        "index_version": "i1",
        "candidates": (ShownCandidate("29-2061.00", TITLES["29-2061.00"], 0.4),),
        "run_id": "run-1",
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
    return Mapping(**known | changes)


def report_of(mappings: Iterable[Mapping], path: str = "payroll/staff.csv") -> Report:
    """Return what a report tells of these mappings, made by one run of 3 calls at $0.0123."""
    given = tuple(mappings)
    rows = sum(each.row_count for each in given)
    return Report(_upload(path, rows, len(given)), given, (_run(),), TAXONOMY)


def _upload(path: str, rows: int, roles: int) -> Upload:
    return Upload(
        key="staff-csv-1",
        path=path,
        size=100,
        modified_at=MOMENT,
        content_sha256="a" * 64,
        status=UploadStatus.MAPPED,
        reason=None,
        row_count=rows + 2,
        role_count=roles,
        blank_count=2,
        totals_count=1,
        role_column="Job Title",
        roles_sha256="b" * 64,
        first_seen_at=MOMENT,
        seen_at=MOMENT,
        mapped_at=MOMENT,
        done_fingerprint="f",
        attempted_fingerprint="f",
        attempts=1,
        attempted_at=MOMENT,
    )


def _run() -> MappingRun:
    return MappingRun(
        id=uuid.UUID(int=7),
        upload_key="staff-csv-1",
        mapper="claude",
        model="claude-haiku-5-5",
        prompt_version="7",
        index_version="i1",
        onet_version="30.1",
        run_id="run-1",
        started_at=MOMENT,
        finished_at=MOMENT,
        outcome=RunOutcome.SUCCEEDED,
        usage=Usage(calls=3, input_tokens=4_000, output_tokens=600, cost_usd=0.0123),
    )
