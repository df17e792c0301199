"""The plain records that the stores take and give.

Belongs here: frozen data about syncs, uploads, mappings, runs and decisions. Does not: SQL, or what a mapping means
(``roles``).
"""

import uuid
from collections.abc import Mapping as Mapped
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath

from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Answer, Candidate, ConfidenceTier, Method, Role, SecondLook, Usage


class SyncStatus(StrEnum):
    """How a sync ended."""

    SUCCESS = "success"
    FAILED = "failed"


class UploadStatus(StrEnum):
    """Where an upload stands.

    SEEN, waits to be mapped; MAPPED, its mappings are of its present content; REJECTED, cannot be read, ``reason`` says
    why; WITHDRAWN, the file is gone, its mappings stay; UNSETTLED, still being written; WAITING, for the Message Batch
    that ``reason`` names.
    """

    SEEN = "seen"
    MAPPED = "mapped"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UNSETTLED = "unsettled"
    WAITING = "waiting"


PASSING = (UploadStatus.WITHDRAWN, UploadStatus.UNSETTLED)
"""States that hide another one, which comes back with the unchanged file."""


class RunOutcome(StrEnum):
    """How a mapping run ended; PARTIAL, with fallbacks that are to be tried again."""

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One row of the sync log; ``rows_written`` counts rows inserted, updated and deleted, 0 for an unchanged release.

    ``seconds`` is the whole sync, download included. ``error`` is set where ``status`` is FAILED.
    """

    id: uuid.UUID
    version: str
    synced_at: datetime
    occupation_count: int
    alternate_title_count: int
    task_count: int
    status: SyncStatus
    related_count: int = 0
    rows_written: int | None = None
    archive_sha256: str | None = None
    content_sha256: str | None = None
    source: str | None = None
    seconds: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OccupationHit:
    """An occupation found by full-text search; higher ``score`` is better, comparable within one search only."""

    code: str
    title: str
    description: str
    matched_title: str
    score: float


@dataclass(frozen=True, slots=True)
class SeenUpload:
    """What a scan saw of one upload; ``content_sha256`` is None where the file is still being written."""

    key: str
    path: str
    size: int
    modified_at: datetime | None
    content_sha256: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """One upload of the registry.

    ``seen_at`` is when its present content was first seen. ``done_fingerprint`` is what its mappings were made for,
    written in the transaction that completed them; ``attempts`` counts runs asked for ``attempted_fingerprint``.
    ``unsettled_since`` is the scan that first found it being written, None where it is settled.
    """

    key: str
    path: str
    size: int
    modified_at: datetime | None
    content_sha256: str | None
    status: UploadStatus
    reason: str | None
    row_count: int | None
    role_count: int | None
    blank_count: int | None
    totals_count: int | None
    role_column: str | None
    roles_sha256: str | None
    first_seen_at: datetime
    seen_at: datetime
    mapped_at: datetime | None
    done_fingerprint: str | None
    attempted_fingerprint: str | None
    attempts: int
    attempted_at: datetime | None
    unsettled_since: datetime | None = None

    @property
    def is_given(self) -> bool:
        """True for a file given to the command by its absolute path; the folder of uploads knows nothing of it."""
        return PurePath(self.path).is_absolute()


@dataclass(frozen=True, slots=True)
class RoleCounts:
    """What reading an upload counted: all its rows, rows without a role, and rows of totals."""

    row_count: int
    blank_count: int = 0
    totals_count: int = 0


@dataclass(frozen=True, slots=True)
class MappingRun:
    """One run that maps an upload, and everything its answers depend on; ``content_sha256`` is the content it reads.

    ``without_candidates`` counts roles for which search found nothing.
    """

    id: uuid.UUID
    upload_key: str
    mapper: str
    model: str | None
    prompt_version: str
    index_version: str
    onet_version: str
    run_id: str | None = None
    content_sha256: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: RunOutcome | None = None
    reason: str | None = None
    without_candidates: int = 0
    usage: Usage = field(default_factory=Usage)
    by_method: Mapped[str, int] = field(default_factory=dict)
    by_tier: Mapped[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgedRole:
    """A role with its answer, as a mapping run hands it to the store.

    ``key`` is that of the decision, None where it is not worth caching; ``cached_from`` says where a cached answer was
    first decided. ``onet_title`` is needed only where the code is not among the candidates, ``score`` only
    where it is not the tier's.
    """

    role: Role
    answer: Answer
    candidates: tuple[Candidate, ...] = ()
    key: DecisionKey | None = None
    cached_from: str | None = None
    onet_title: str | None = None
    score: float | None = None

    @property
    def title_of_code(self) -> str | None:
        """The title of the occupation answered."""
        if self.onet_title is not None or self.answer.code is None:
            return self.onet_title
        return next((each.title for each in self.candidates if each.code == self.answer.code), None)


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """What is kept of a candidate beside the mapping it was shown for."""

    code: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row of ``role_mappings``: a role of an upload, its occupation, and how it came by it."""

    id: uuid.UUID
    upload_key: str
    source_role: str
    row_count: int
    onet_code: str | None
    onet_title: str | None
    confidence: ConfidenceTier
    confidence_score: float
    reasoning: str
    runners_up: tuple[str, ...]
    missing_information: str | None
    method: Method
    fallback_reason: str | None
    cached_from: str | None
    fingerprint: str | None
    user_confirmed: bool
    confirmed_by: str | None
    confirmed_at: datetime | None
    confirmed_code: str | None
    mapper: str
    model: str | None
    prompt_version: str
    onet_version: str
    index_version: str
    candidates: tuple[ShownCandidate, ...]
    run_id: str | None
    created_at: datetime
    updated_at: datetime
    confirmed_title: str | None = None
    confirmed_comment: str | None = None
    rejected_code: str | None = None
    second_look: SecondLook | None = None

    @property
    def is_rejected(self) -> bool:
        """True where a reviewer said that the mapper's code is wrong, and not which one is right."""
        return not self.user_confirmed and self.onet_code is not None and self.rejected_code == self.onet_code

    @property
    def settled_code(self) -> str | None:
        """The code to use: the reviewer's where there is one, else the mapper's unless that was rejected."""
        if self.user_confirmed:
            return self.confirmed_code
        return None if self.is_rejected else self.onet_code

    @property
    def settled_title(self) -> str | None:
        """The title of the settled code."""
        code = self.settled_code
        if code is None or code == self.onet_code:
            return self.onet_title if code else None
        return self.confirmed_title


@dataclass(frozen=True, slots=True)
class MappingCounts:
    """How the roles of one upload are mapped; ``unmapped`` have no code, ``rows`` sums their row counts."""

    roles: int = 0
    rows: int = 0
    unmapped: int = 0
    confirmed: int = 0
    by_tier: Mapped[ConfidenceTier, int] = field(default_factory=dict)
    by_method: Mapped[Method, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer kept under the fingerprint of its question, with where it was first given.

    ``shown`` are the marks of the candidates it was made on, None where they were not kept.
    """

    fingerprint: str
    code: str | None
    tier: ConfidenceTier
    reasoning: str
    runners_up: tuple[str, ...]
    missing_information: str | None
    mapper: str
    model: str | None
    prompt_version: str
    onet_version: str
    upload_key: str
    run_id: str | None
    decided_at: datetime
    second_look: SecondLook | None = None
    shown: tuple[str, ...] | None = None

    @property
    def origin(self) -> str:
        """Where the decision was first given: the upload, the release, and the run where there was one."""
        return f"{self.upload_key}, O*NET {self.onet_version}" + (f", run {self.run_id}" if self.run_id else "")
