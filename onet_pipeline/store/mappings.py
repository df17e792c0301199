"""Mappings: which occupation each role of an upload has, saved as answers land, and what people confirmed.

Belongs here: rows of ``role_mappings``. Does not: the record of runs (``runs``), asking mappers (``roles``, ``steps``).
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from onet_pipeline.errors import StoreError
from onet_pipeline.roles.records import Usage
from onet_pipeline.store import displaced, review_rows, runs
from onet_pipeline.store.columns import role_key, uuid7
from onet_pipeline.store.database import Database
from onet_pipeline.store.decisions import keep_decisions
from onet_pipeline.store.models import MappingRow, UploadRoleRow
from onet_pipeline.store.records import JudgedRole, Mapping, MappingCounts, MappingRun, RunOutcome, ShownCandidate
from onet_pipeline.store.review_records import Verdict, decision_on
from onet_pipeline.store.rows import Row, chunks, upsert

_COLUMNS = [getattr(MappingRow, each.name) for each in fields(Mapping)]
_KEYS = ("upload_key", "role_key")


class MappingStore:
    """Mappings by upload, and the runs that made them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def mappings(self, upload_key: str) -> tuple[Mapping, ...]:
        """Return the mappings of an upload: most rows first, then by role."""
        with self._database.reading() as session:
            found = mappings_where(session, MappingRow.upload_key == upload_key)
        return tuple(sorted(found, key=lambda each: (-each.row_count, each.source_role)))

    def counts(self, upload_keys: Sequence[str] | None = None) -> dict[str, MappingCounts]:
        """Return how the roles of uploads are mapped, of all or of some; an upload without mappings is left out."""
        with self._database.reading() as session:
            if upload_keys is None:
                return _counts(session, sa.true())
            counted: dict[str, MappingCounts] = {}
            for some in chunks(upload_keys):
                counted |= _counts(session, MappingRow.upload_key.in_(some))
            return counted

    def displaced(self, limit: int = 50) -> displaced.Displacements:
        """Return the mappings whose occupation the current release lacks, or has under another title."""
        with self._database.reading() as session:
            return displaced.find(session, limit)

    def start_run(self, run: MappingRun) -> None:
        """Record that a run begins; ``new_run`` makes its record."""
        with self._database.writing() as session:
            runs.insert(session, run)

    def save_batch(self, run: MappingRun, judged: Sequence[JudgedRole], usage: Usage | None = None) -> None:
        """Commit answers that landed together: mappings, reusable decisions, and what they cost.

        A mapping that a person confirmed keeps everything but its row count.
        """
        with self._database.writing() as session:
            write(session, run, judged, usage or Usage())

    def finish_run(
        self, run: MappingRun, outcome: RunOutcome, *, done_fingerprint: str | None = None, reason: str | None = None
    ) -> MappingRun:
        """Close a run, with the counts of its upload; return its record as stored.

        Unless it FAILED, mappings of roles that left the upload go, confirmed ones stay with no rows. With a
        ``done_fingerprint`` the upload is done for it, in the same transaction as the last change of its mappings.
        """
        with self._database.writing() as session:
            if outcome is not RunOutcome.FAILED:
                _drop_departed(session, run.upload_key)
            if done_fingerprint is not None:
                runs.mark_done(session, run, done_fingerprint)
            counts = _counts(session, MappingRow.upload_key == run.upload_key).get(run.upload_key, MappingCounts())
            return runs.close(session, run, outcome, reason, counts)

    def run(self, run_id: uuid.UUID) -> MappingRun:
        """Return the record of one run.

        Raises:
            StoreError: there is none.
        """
        with self._database.reading() as session:
            found = runs.one(session, run_id)
        if found is None:
            raise StoreError(f"There is no mapping run {run_id}: the database was changed by hand.")
        return found

    def runs(self, upload_key: str, limit: int = 20) -> tuple[MappingRun, ...]:
        """Return the latest runs of an upload, newest first."""
        with self._database.reading() as session:
            return runs.latest(session, upload_key, limit)

    def confirm(self, upload_key: str, source_role: str, code: str | None, *, by: str) -> Mapping:
        """Record a person's choice for one role; None says that no occupation fits. The mapper's answer stays.

        Raises:
            StoreError: the upload has no mapping for the role.
        """
        role = (MappingRow.upload_key == upload_key) & (MappingRow.role_key == role_key(source_role))
        now = datetime.now(UTC)
        with self._database.writing() as session:
            found = mappings_where(session, role, lock=True)
            if not found:
                raise StoreError(f"Upload {upload_key} has no mapping for this role: map it first.")
            same = Verdict.CONFIRM if code == found[0].onet_code else Verdict.CHANGE
            verdict = same if code else Verdict.NONE_FITS
            review_rows.write(
                session, [decision_on(found[0], verdict, code, reviewer=by, decided_at=now, applied_at=now)]
            )
            return mappings_where(session, role)[0]


def mappings_where(
    session: Session, condition: sa.ColumnExpressionArgument[bool], *, lock: bool = False
) -> list[Mapping]:
    """Return the mappings that fulfil a condition; with ``lock``, in the order in which runs write them."""
    query = sa.select(*_COLUMNS).where(condition)
    if lock:
        query = query.order_by(MappingRow.upload_key, MappingRow.role_key).with_for_update()
    return [_mapping(row) for row in session.execute(query).mappings()]


def write(
    session: Session,
    run: MappingRun,
    judged: Sequence[JudgedRole],
    usage: Usage,
    *,
    departed: Sequence[JudgedRole] = (),
) -> None:
    """Write answers that landed together, in the caller's transaction; of ``departed`` roles only the decisions."""
    rows = _rows(run, judged)
    unconfirmed = MappingRow.user_confirmed.is_(False)
    upsert(session, MappingRow, rows, keys=_KEYS, keep=("id",), where=unconfirmed)
    _count_confirmed(session, run.upload_key, rows)
    keep_decisions(session, run, [*judged, *departed])
    runs.add_usage(session, run, usage)


def new_run(
    upload_key: str,
    *,
    mapper: str,
    model: str | None,
    prompt_version: str,
    index_version: str,
    onet_version: str,
    run_id: str | None = None,
    content_sha256: str | None = None,
) -> MappingRun:
    """Return the record of a run that begins now."""
    return MappingRun(
        id=uuid7(),
        upload_key=upload_key,
        mapper=mapper,
        model=model,
        prompt_version=prompt_version,
        index_version=index_version,
        onet_version=onet_version,
        run_id=run_id,
        content_sha256=content_sha256,
        started_at=datetime.now(UTC),
    )


def _rows(run: MappingRun, judged: Sequence[JudgedRole]) -> list[Row]:
    """Return one row per role; spellings that differ only in what cannot be stored are one, the last answer wins."""
    rows: dict[str, Row] = {}
    for each in judged:
        row = _row(run, each)
        earlier = rows.get(row["role_key"])
        row["row_count"] += earlier["row_count"] if earlier else 0
        rows[row["role_key"]] = row
    return list(rows.values())


def _row(run: MappingRun, judged: JudgedRole) -> Row:
    answer = judged.answer
    return {
        "id": uuid7(),
        "upload_key": run.upload_key,
        "role_key": role_key(judged.role.title),
        "source_role": judged.role.title,
        "row_count": judged.role.row_count,
        "onet_code": answer.code,
        "onet_title": judged.title_of_code,
        "confidence": answer.tier,
        "confidence_score": answer.tier.score if judged.score is None else judged.score,
        "reasoning": answer.reasoning,
        "runners_up": answer.runners_up,
        "missing_information": answer.missing_information,
        "second_look": answer.second_look,
        "method": answer.method,
        "fallback_reason": answer.fallback_reason,
        "cached_from": judged.cached_from,
        "fingerprint": judged.key and judged.key.fingerprint,
        "mapper": run.mapper,
        "model": run.model,
        "prompt_version": run.prompt_version,
        "onet_version": run.onet_version,
        "index_version": run.index_version,
        "candidates": [{"code": c.code, "title": c.title, "score": float(c.score)} for c in judged.candidates],
        "run_id": run.run_id,
    }


def _count_confirmed(session: Session, upload_key: str, rows: Sequence[Row]) -> None:
    """Bring the row counts of confirmed mappings up to date, which the upsert left alone."""
    counts = {row["role_key"]: row["row_count"] for row in rows}
    for some in chunks(list(counts)):
        confirmed = sa.select(MappingRow.id, MappingRow.role_key, MappingRow.row_count).where(
            MappingRow.upload_key == upload_key, MappingRow.role_key.in_(some), MappingRow.user_confirmed
        )
        stale = [
            (row.id, counts[row.role_key])
            for row in session.execute(confirmed)
            if row.row_count != counts[row.role_key]
        ]
        if stale:
            session.execute(sa.update(MappingRow), [{"id": row_id, "row_count": count} for row_id, count in stale])


def _drop_departed(session: Session, upload_key: str) -> None:
    present = sa.select(UploadRoleRow.role_key).where(UploadRoleRow.upload_key == upload_key)
    departed = (MappingRow.upload_key == upload_key) & MappingRow.role_key.not_in(present)
    session.execute(sa.delete(MappingRow).where(departed, MappingRow.user_confirmed.is_(False)))
    session.execute(sa.update(MappingRow).where(departed, MappingRow.row_count != 0).values(row_count=0))


def _counts(session: Session, condition: sa.ColumnElement[bool]) -> dict[str, MappingCounts]:
    kind = (MappingRow.upload_key, MappingRow.confidence, MappingRow.method)
    query = (
        sa.select(
            *kind,
            sa.func.count(),
            sa.func.sum(MappingRow.row_count),
            sa.func.count().filter(MappingRow.onet_code.is_(None)),
            sa.func.count().filter(MappingRow.user_confirmed),
        )
        .where(condition)
        .group_by(*kind)
    )
    counted: dict[str, MappingCounts] = defaultdict(MappingCounts)
    for key, tier, method, roles, rows, unmapped, confirmed in session.execute(query):
        so_far = counted[key]
        counted[key] = MappingCounts(
            roles=so_far.roles + roles,
            rows=so_far.rows + int(rows),
            unmapped=so_far.unmapped + unmapped,
            confirmed=so_far.confirmed + confirmed,
            by_tier={**so_far.by_tier, tier: so_far.by_tier.get(tier, 0) + roles},
            by_method={**so_far.by_method, method: so_far.by_method.get(method, 0) + roles},
        )
    return dict(counted)


def _mapping(row: sa.RowMapping) -> Mapping:
    shown = tuple(ShownCandidate(each["code"], each["title"], each["score"]) for each in row["candidates"])
    return Mapping(**dict(row) | {"candidates": shown, "runners_up": tuple(row["runners_up"])})
