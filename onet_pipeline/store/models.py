"""The tables of the contract, as SQLAlchemy 2 models.

Belongs here: tables, columns, constraints, indexes. Does not: queries, or how the tables come to be (``migrations``).

https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html
"""

import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from onet_pipeline.roles.records import ConfidenceTier, Method, SecondLook
from onet_pipeline.store.batch_records import SubmissionState
from onet_pipeline.store.columns import FreeText, Json, UtcDateTime, one_of, uuid7
from onet_pipeline.store.records import RunOutcome, SyncStatus, UploadStatus
from onet_pipeline.store.review_records import Verdict

OCCUPATION_WORDS = "to_tsvector('english', (title || ' ') || coalesce(description, ''))"
TITLE_WORDS = "to_tsvector('english', title)"


class Base(DeclarativeBase):
    """Names every constraint, so that one migration history serves both engines."""

    metadata = sa.MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), str: FreeText(), uuid.UUID: sa.Uuid()}  # noqa: RUF012


def _words(name: str, expression: str) -> sa.Index:
    """Return a full-text index for PostgreSQL; SQLite has none."""
    return sa.Index(name, sa.text(expression), postgresql_using="gin").ddl_if(dialect="postgresql")


def _now(*, on_update: bool = False) -> Mapped[datetime]:
    return mapped_column(server_default=sa.func.now(), onupdate=sa.func.now() if on_update else None)


def _reference() -> Mapped[str]:
    return mapped_column(sa.ForeignKey("onet_occupations.code", ondelete="CASCADE"), index=True)


class OccupationRow(Base):
    """An O*NET-SOC occupation."""

    __tablename__ = "onet_occupations"

    code: Mapped[str] = mapped_column(sa.String(10), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(255))
    description: Mapped[str | None]
    updated_at: Mapped[datetime] = _now(on_update=True)

    alternate_titles: Mapped[list["AlternateTitleRow"]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True
    )
    tasks: Mapped[list["TaskRow"]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    __table_args__ = (_words("ix_onet_occupations_words", OCCUPATION_WORDS),)


class AlternateTitleRow(Base):
    """A title by which an occupation is also known; a release may hold the same one twice."""

    __tablename__ = "onet_alternate_titles"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    onet_code: Mapped[str] = _reference()
    title: Mapped[str] = mapped_column(sa.String(255), index=True)
    short_title: Mapped[str | None] = mapped_column(sa.String(255))
    sources: Mapped[str | None] = mapped_column(sa.String(255))

    __table_args__ = (_words("ix_onet_alternate_titles_words", TITLE_WORDS),)


class TaskRow(Base):
    """A task statement; ``importance`` is the mean on scale IM, 1 to 5."""

    __tablename__ = "onet_tasks"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    onet_code: Mapped[str] = _reference()
    task_id: Mapped[int]
    task_type: Mapped[str | None] = mapped_column(sa.String(50))
    description: Mapped[str]
    importance: Mapped[float | None]


class RelatedOccupationRow(Base):
    """A link between similar occupations; rank 1 is the closest."""

    __tablename__ = "onet_related_occupations"

    code: Mapped[str] = mapped_column(sa.ForeignKey("onet_occupations.code", ondelete="CASCADE"), primary_key=True)
    related_code: Mapped[str] = mapped_column(
        sa.ForeignKey("onet_occupations.code", ondelete="CASCADE"), primary_key=True, index=True
    )
    rank: Mapped[int]
    tier: Mapped[str | None] = mapped_column(sa.String(50))


class SyncRow(Base):
    """One attempt to load a release."""

    __tablename__ = "onet_sync_log"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    version: Mapped[str] = mapped_column(sa.String(20))
    synced_at: Mapped[datetime] = mapped_column(server_default=sa.func.now(), index=True)
    occupation_count: Mapped[int] = mapped_column(server_default="0")
    alternate_title_count: Mapped[int] = mapped_column(server_default="0")
    task_count: Mapped[int] = mapped_column(server_default="0")
    related_count: Mapped[int] = mapped_column(server_default="0")
    status: Mapped[SyncStatus] = mapped_column(one_of(SyncStatus, "status"))
    rows_written: Mapped[int | None]
    archive_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    source: Mapped[str | None]
    seconds: Mapped[float | None]
    error: Mapped[str | None]
    changes: Mapped[Any] = mapped_column(Json, nullable=True)


class UploadRow(Base):
    """An upload; never deleted, since mappings and confirmations hang on it."""

    __tablename__ = "uploads"

    key: Mapped[str] = mapped_column(sa.String(255), primary_key=True)
    path: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    modified_at: Mapped[datetime | None]
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    status: Mapped[UploadStatus] = mapped_column(one_of(UploadStatus, "status"), index=True)
    status_before: Mapped[UploadStatus | None] = mapped_column(one_of(UploadStatus, "status_before"))
    reason: Mapped[str | None]
    row_count: Mapped[int | None]
    role_count: Mapped[int | None]
    blank_count: Mapped[int | None]
    totals_count: Mapped[int | None]
    role_column: Mapped[str | None]
    roles_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    first_seen_at: Mapped[datetime] = _now()
    seen_at: Mapped[datetime] = _now()
    mapped_at: Mapped[datetime | None]
    done_fingerprint: Mapped[str | None] = mapped_column(sa.String(255))
    attempted_fingerprint: Mapped[str | None] = mapped_column(sa.String(255))
    attempts: Mapped[int] = mapped_column(server_default="0")
    attempted_at: Mapped[datetime | None]
    unsettled_since: Mapped[datetime | None]


class UploadRoleRow(Base):
    """A distinct role of an upload, in the order it first occurs."""

    __tablename__ = "upload_roles"

    upload_key: Mapped[str] = mapped_column(sa.ForeignKey("uploads.key", ondelete="CASCADE"), primary_key=True)
    role_key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    position: Mapped[int]
    source_role: Mapped[str]
    row_count: Mapped[int]
    context: Mapped[Any] = mapped_column(Json, nullable=False)


class DecisionRow(Base):
    """An answer that may be used again, under everything that could have changed it.

    ``question_key`` leaves the candidates out of that; ``shown`` holds their marks. Null: not known.
    """

    __tablename__ = "role_decisions"

    fingerprint: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    onet_code: Mapped[str | None] = mapped_column(sa.String(10))
    tier: Mapped[ConfidenceTier] = mapped_column(one_of(ConfidenceTier, "tier"))
    reasoning: Mapped[str]
    runners_up: Mapped[Any] = mapped_column(Json, nullable=False)
    missing_information: Mapped[str | None]
    second_look: Mapped[SecondLook | None] = mapped_column(one_of(SecondLook, "second_look"))
    mapper: Mapped[str] = mapped_column(sa.String(50))
    model: Mapped[str | None] = mapped_column(sa.String(100))
    prompt_version: Mapped[str] = mapped_column(sa.String(100))
    onet_version: Mapped[str] = mapped_column(sa.String(20))
    upload_key: Mapped[str] = mapped_column(sa.String(255))
    run_id: Mapped[str | None] = mapped_column(sa.String(64))
    decided_at: Mapped[datetime] = _now()
    question_key: Mapped[str | None] = mapped_column(sa.String(64))
    shown: Mapped[Any] = mapped_column(Json, nullable=True)

    __table_args__ = (sa.Index(None, "question_key", "decided_at"),)


class MappingRunRow(Base):
    """A run that maps an upload, and what it cost; ``cost_usd`` null means unknown, not free."""

    __tablename__ = "mapping_runs"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    upload_key: Mapped[str] = mapped_column(sa.ForeignKey("uploads.key"), index=True)
    content_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    run_id: Mapped[str | None] = mapped_column(sa.String(64))
    mapper: Mapped[str] = mapped_column(sa.String(50))
    model: Mapped[str | None] = mapped_column(sa.String(100))
    prompt_version: Mapped[str] = mapped_column(sa.String(100))
    index_version: Mapped[str] = mapped_column(sa.String(100))
    onet_version: Mapped[str] = mapped_column(sa.String(20))
    started_at: Mapped[datetime] = _now()
    finished_at: Mapped[datetime | None]
    outcome: Mapped[RunOutcome | None] = mapped_column(one_of(RunOutcome, "outcome"))
    reason: Mapped[str | None]
    calls: Mapped[int] = mapped_column(server_default="0")
    retries: Mapped[int] = mapped_column(server_default="0")
    input_tokens: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    output_tokens: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    cache_read_tokens: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    cache_write_tokens: Mapped[int] = mapped_column(sa.BigInteger, server_default="0")
    out_of_list_answers: Mapped[int] = mapped_column(server_default="0")
    cost_usd: Mapped[float | None] = mapped_column(server_default="0")
    without_candidates: Mapped[int] = mapped_column(server_default="0")
    by_method: Mapped[Any] = mapped_column(Json, nullable=False, default=dict)
    by_tier: Mapped[Any] = mapped_column(Json, nullable=False, default=dict)


class SubmissionRow(Base):
    """A Message Batch, stored before it is sent; ``left_over`` holds fingerprints of what it brought no answer to."""

    __tablename__ = "batch_submissions"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    upload_key: Mapped[str] = mapped_column(sa.ForeignKey("uploads.key"), index=True)
    mapping_run_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("mapping_runs.id"))
    request_count: Mapped[int]
    occupations: Mapped[Any] = mapped_column(Json, nullable=False)
    state: Mapped[SubmissionState] = mapped_column(one_of(SubmissionState, "state"), index=True)
    batch_id: Mapped[str | None] = mapped_column(sa.String(100))
    planned_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    polled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    left_over: Mapped[Any] = mapped_column(Json, nullable=False)
    attempts: Mapped[int] = mapped_column(server_default="0")
    attempted_at: Mapped[datetime | None]


class RequestRow(Base):
    """A request of a Message Batch whose answers are not saved yet; saving them deletes it."""

    __tablename__ = "batch_requests"

    submission: Mapped[str] = mapped_column(
        sa.ForeignKey("batch_submissions.name", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    questions: Mapped[Any] = mapped_column(Json, nullable=False)


class MappingRow(Base):
    """A role of an upload and its occupation.

    ``onet_code`` refers to no reference row: a release that drops a code must not erase what a human confirmed.
    """

    __tablename__ = "role_mappings"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    upload_key: Mapped[str] = mapped_column(sa.ForeignKey("uploads.key"))
    role_key: Mapped[str] = mapped_column(sa.String(64))
    source_role: Mapped[str]
    row_count: Mapped[int]
    onet_code: Mapped[str | None] = mapped_column(sa.String(10), index=True)
    onet_title: Mapped[str | None] = mapped_column(sa.String(255))
    confidence: Mapped[ConfidenceTier] = mapped_column(one_of(ConfidenceTier, "confidence"))
    confidence_score: Mapped[float]
    reasoning: Mapped[str]
    runners_up: Mapped[Any] = mapped_column(Json, nullable=False)
    missing_information: Mapped[str | None]
    second_look: Mapped[SecondLook | None] = mapped_column(one_of(SecondLook, "second_look"))
    method: Mapped[Method] = mapped_column(one_of(Method, "method"))
    fallback_reason: Mapped[str | None]
    cached_from: Mapped[str | None]
    fingerprint: Mapped[str | None] = mapped_column(sa.String(64))
    user_confirmed: Mapped[bool] = mapped_column(server_default=sa.false())
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_code: Mapped[str | None] = mapped_column(sa.String(10))
    confirmed_title: Mapped[str | None] = mapped_column(sa.String(255))
    confirmed_comment: Mapped[str | None]
    rejected_code: Mapped[str | None] = mapped_column(sa.String(10))
    mapper: Mapped[str] = mapped_column(sa.String(50))
    model: Mapped[str | None] = mapped_column(sa.String(100))
    prompt_version: Mapped[str] = mapped_column(sa.String(100))
    onet_version: Mapped[str] = mapped_column(sa.String(20))
    index_version: Mapped[str] = mapped_column(sa.String(100))
    candidates: Mapped[Any] = mapped_column(Json, nullable=False)
    run_id: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = _now()
    updated_at: Mapped[datetime] = _now(on_update=True)

    __table_args__ = (sa.UniqueConstraint("upload_key", "role_key"),)


class ReviewDecisionRow(Base):
    """What a reviewer decided about a mapping, kept for ever; ``mapper_code`` to ``onet_version`` is what was judged.

    ``mapping_id`` refers to no row: an unconfirmed mapping goes when its role leaves the upload, the history stays.
    """

    __tablename__ = "review_decisions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid7)
    mapping_id: Mapped[uuid.UUID] = mapped_column(index=True)
    mapping_version: Mapped[str] = mapped_column(sa.String(64))
    upload_key: Mapped[str] = mapped_column(sa.ForeignKey("uploads.key"))
    role_key: Mapped[str] = mapped_column(sa.String(64))
    source_role: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(one_of(Verdict, "verdict"))
    code_before: Mapped[str | None] = mapped_column(sa.String(10))
    code_chosen: Mapped[str | None] = mapped_column(sa.String(10))
    title_chosen: Mapped[str | None] = mapped_column(sa.String(255))
    mapper_code: Mapped[str | None] = mapped_column(sa.String(10))
    tier: Mapped[ConfidenceTier] = mapped_column(one_of(ConfidenceTier, "tier"))
    method: Mapped[Method] = mapped_column(one_of(Method, "method"))
    mapper: Mapped[str] = mapped_column(sa.String(50))
    model: Mapped[str | None] = mapped_column(sa.String(100))
    prompt_version: Mapped[str] = mapped_column(sa.String(100))
    onet_version: Mapped[str] = mapped_column(sa.String(20))
    comment: Mapped[str | None]
    reviewer: Mapped[str]
    bulk: Mapped[bool] = mapped_column(server_default=sa.false())
    decided_at: Mapped[datetime]
    applied_at: Mapped[datetime] = _now()
    file_name: Mapped[str | None]
    file_sha256: Mapped[str | None] = mapped_column(sa.String(64))

    __table_args__ = (sa.Index(None, "upload_key", "role_key"),)


class ReviewFileRow(Base):
    """A reviewed file that was read, whatever came of it: the same content is never applied twice."""

    __tablename__ = "review_files"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    modified_at: Mapped[datetime | None]
    upload_key: Mapped[str | None] = mapped_column(sa.ForeignKey("uploads.key"))
    applied_at: Mapped[datetime] = _now()
    applied: Mapped[int] = mapped_column(server_default="0")
    unchanged: Mapped[int] = mapped_column(server_default="0")
    conflicts: Mapped[int] = mapped_column(server_default="0")
    faults: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]


class RunBeatRow(Base):
    """The last sign of life of a Dagster run; gone when the run ends, ``doubted_at`` when a look found it silent."""

    __tablename__ = "run_beats"

    run_id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    beat_at: Mapped[datetime] = _now()
    doubted_at: Mapped[datetime | None]
