"""The record of mapping runs: what each depended on, cost and came to.

Belongs here: rows of ``mapping_runs``, and marking an upload done. Does not: opening transactions (``mappings`` does).
"""

import uuid
from dataclasses import asdict, fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.roles.records import Usage
from onet_pipeline.store.models import MappingRunRow, UploadRow
from onet_pipeline.store.records import PASSING, MappingCounts, MappingRun, RunOutcome, UploadStatus

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


def note_candidates(session: Session, run: MappingRun) -> None:
    """Write for how many roles search found nothing, of a run that ends before it is closed."""
    this = sa.update(MappingRunRow).where(MappingRunRow.id == run.id)
    session.execute(this.values(without_candidates=run.without_candidates))


def mark_done(session: Session, run: MappingRun, fingerprint: str) -> None:
    """Mark the upload mapped for ``fingerprint``; one whose file changed or left meanwhile keeps its status."""
    moment = datetime.now(UTC)
    is_same = sa.true() if run.content_sha256 is None else UploadRow.content_sha256 == run.content_sha256
    is_passing = _is_passing()
    upload = sa.update(UploadRow).where(UploadRow.key == run.upload_key)
    session.execute(upload.values(done_fingerprint=fingerprint, mapped_at=moment))
    session.execute(upload.where(is_same, is_passing).values(status_before=UploadStatus.MAPPED))
    session.execute(upload.where(is_same, ~is_passing).values(status=UploadStatus.MAPPED, reason=None))


def set_waiting(session: Session, upload_key: str, reason: str) -> None:
    """Let an upload wait for its Message Batch; one whose file left meanwhile will, should it come back."""
    upload = sa.update(UploadRow).where(UploadRow.key == upload_key)
    session.execute(upload.where(_is_passing()).values(status_before=UploadStatus.WAITING))
    session.execute(upload.where(~_is_passing()).values(status=UploadStatus.WAITING, reason=reason))


def stop_waiting(session: Session, upload_key: str) -> None:
    """Let an upload that waits be mapped from what is there now."""
    upload = sa.update(UploadRow).where(UploadRow.key == upload_key)
    for status in (UploadRow.status, UploadRow.status_before):
        session.execute(upload.where(status == UploadStatus.WAITING).values({status.key: UploadStatus.SEEN}))
    session.execute(upload.where(UploadRow.status == UploadStatus.SEEN).values(reason=None))


def one(session: Session, run_id: uuid.UUID) -> MappingRun | None:
    """Return the record of a run, None where there is none."""
    row = session.scalars(sa.select(MappingRunRow).where(MappingRunRow.id == run_id)).one_or_none()
    return None if row is None else _run(row)


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
        "without_candidates": run.without_candidates,
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


def _is_passing() -> sa.ColumnElement[bool]:
    return UploadRow.status.in_(PASSING)


def _run(row: MappingRunRow) -> MappingRun:
    usage = Usage(**{name: getattr(row, name) for name in _USAGE})
    return MappingRun(usage=usage, **{name: getattr(row, name) for name in _OWN})
