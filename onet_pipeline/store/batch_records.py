"""The plain records of Message Batches: what was submitted, what each request asks, and how far it is.

Belongs here: frozen data. Does not: SQL (``batches``), or the API (``roles.claude_batches``).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Question


class SubmissionState(StrEnum):
    """How far a submission is.

    PLANNED, stored, and it may have been sent; SUBMITTED, its batch is known; STOPPING, asked to stop at the deadline;
    ENDED, results can be collected; COLLECTED, every result is saved; ABANDONED, it never arrived, or is gone.
    """

    PLANNED = "planned"
    SUBMITTED = "submitted"
    STOPPING = "stopping"
    ENDED = "ended"
    COLLECTED = "collected"
    ABANDONED = "abandoned"


CLOSED = (SubmissionState.COLLECTED, SubmissionState.ABANDONED)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question of a request, the key of its decision, and every spelling of the upload that the answer is for."""

    question: Question
    key: DecisionKey
    spellings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedSubmission:
    """What is to be sent as one Message Batch: its name, and the questions of each request in order."""

    name: str
    requests: tuple[tuple[AskedQuestion, ...], ...]


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """One row of ``batch_submissions``.

    ``mapping_run_id`` is the run that submitted it and bears its cost. ``batch_id`` is None until the API has told it.
    ``attempts`` counts runs asked to collect it.
    """

    name: str
    upload_key: str
    mapping_run_id: uuid.UUID
    request_count: int
    state: SubmissionState
    batch_id: str | None
    planned_at: datetime
    submitted_at: datetime | None
    expires_at: datetime | None
    polled_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    attempts: int
    attempted_at: datetime | None
