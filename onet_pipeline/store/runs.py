"""The record of mapping runs: what each depended on, cost and came to.

Belongs here: rows of ``mapping_runs``, and marking an upload done. Does not: opening transactions (``mappings`` does).
"""

from dataclasses import asdict, fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.records import Usage
from onet_pipeline.store.models import MappingRunRow, UploadRow
from onet_pipeline.store.records import MappingCounts, MappingRun, RunOutcome, UploadStatus

_USAGE = [each.name for each in fields(Usage)]
_OWN = [each.name for each in fields(MappingRun) if each.name != "usage"]


def insert(session: Session, run: MappingRun) -> None:
    """Write the record of a run that begins."""
    values = {name: getattr(run, name) for name in _OWN} | asdict(run.usage)
    session.execute(sa.insert(MappingRunRow).values(values))


def add_usage(session: Session, run: MappingRun, usage: Usage) -> None:
    """Add what a batch cost; an unknown cost makes the sum unknown."""
    if usage == Usage():
        return
    added = {name: getattr(MappingRunRow, name) + value for name, value in asdict(usage).items() if value is not None}
    values = added if usage.cost_usd is not None else {**added, "cost_usd": None}
    session.execute(sa.update(MappingRunRow).where(MappingRunRow.id == run.id).values(values))


def mark_done(session: Session, run: MappingRun, fingerprint: str) -> None:
    """Mark the upload mapped for ``fingerprint``; one whose file changed or left meanwhile keeps its status."""
    moment = datetime.now(UTC)
    is_same = sa.true() if run.content_sha256 is None else UploadRow.content_sha256 == run.content_sha256
    is_passing = UploadRow.status.in_((UploadStatus.WITHDRAWN, UploadStatus.UNSETTLED))
    upload = sa.update(UploadRow).where(UploadRow.key == run.upload_key)
    session.execute(upload.values(done_fingerprint=fingerprint, mapped_at=moment))
    session.execute(upload.where(is_same, is_passing).values(status_before=UploadStatus.MAPPED))
    session.execute(upload.where(is_same, ~is_passing).values(status=UploadStatus.MAPPED, reason=None))


def close(
    session: Session, run: MappingRun, outcome: RunOutcome, reason: str | None, counts: MappingCounts
) -> MappingRun:
    """Write how a run ended and how its upload's roles are mapped now; return the whole record."""
    values = {
        "finished_at": datetime.now(UTC),
        "outcome": outcome,
        "reason": reason,
        "by_method": {method.value: count for method, count in counts.by_method.items()},
        "by_tier": {tier.value: count for tier, count in counts.by_tier.items()},
    }
    this = MappingRunRow.id == run.id
    session.execute(sa.update(MappingRunRow).where(this).values(values))
    return _run(session.scalars(sa.select(MappingRunRow).where(this)).one())


def latest(session: Session, upload_key: str, limit: int) -> tuple[MappingRun, ...]:
    """Return the latest runs of an upload, newest first."""
    query = (
        sa.select(MappingRunRow)
        .where(MappingRunRow.upload_key == upload_key)
        .order_by(MappingRunRow.started_at.desc(), MappingRunRow.id.desc())
    )
    return tuple(_run(row) for row in session.scalars(query.limit(limit)))


def _run(row: MappingRunRow) -> MappingRun:
    usage = Usage(**{name: getattr(row, name) for name in _USAGE})
    return MappingRun(usage=usage, **{name: getattr(row, name) for name in _OWN})
