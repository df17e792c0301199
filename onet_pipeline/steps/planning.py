"""Which uploads are mapped next: wanted minus done, a bounded number at a time.

Belongs here: the pure decision. Does not: reading the registry, asking Dagster, requesting runs (``orchestration``).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from onet_pipeline.store.records import Upload, UploadStatus

MOST_REQUESTS = 25
"""Per tick: a request costs the daemon 0.2 to 0.45 s, and while it makes them it sees nothing new."""
MOST_ATTEMPTS = 3
"""For one state of an upload: what fails three times needs a person."""
BACK_OFF = timedelta(minutes=5)
"""After the first attempt; six times as long after each further one."""


@dataclass(frozen=True, slots=True)
class WantedRun:
    """An upload that is to be mapped in the state ``fingerprint``; ``attempts`` counts runs asked for this very state.

    ``since`` is when its present content was first seen; ``is_mapped`` says that it has mappings of an earlier state.
    """

    key: str
    fingerprint: str
    since: datetime
    is_mapped: bool = False
    attempts: int = 0
    attempted_at: datetime | None = None

    @property
    def is_given_up(self) -> bool:
        """Whether it was tried as often as is allowed and is still wanted: work for a person."""
        return self.attempts >= MOST_ATTEMPTS


@dataclass(frozen=True, slots=True)
class RunRequestPlan:
    """A run to request. ``run_key`` is made of all that should cause a new run: Dagster never grants one key twice."""

    key: str
    fingerprint: str
    attempt: int

    @property
    def run_key(self) -> str:
        """Upload, state and attempt in one."""
        return f"{self.key}:{self.fingerprint[:16]}:{self.attempt}"


def wanted_runs(uploads: Iterable[Upload], fingerprint: Callable[[Upload], str]) -> list[WantedRun]:
    """Return the active uploads of the folder whose mappings are not of the state that ``fingerprint`` gives."""
    wanted = []
    for upload in uploads:
        if upload.is_given or upload.status not in (UploadStatus.SEEN, UploadStatus.MAPPED):
            continue
        state = fingerprint(upload)
        if upload.done_fingerprint != state:
            tried = upload.attempted_fingerprint == state
            wanted.append(
                WantedRun(
                    key=upload.key,
                    fingerprint=state,
                    since=upload.seen_at,
                    is_mapped=upload.done_fingerprint is not None,
                    attempts=upload.attempts if tried else 0,
                    attempted_at=upload.attempted_at if tried else None,
                )
            )
    return wanted


def plan_runs(
    wanted: Iterable[WantedRun], in_flight: Collection[str], now: datetime, limit: int = MOST_REQUESTS
) -> list[RunRequestPlan]:
    """Choose the runs to request now, at most ``limit``.

    Uploads without any mappings go before those that a release left behind, and the oldest first within each. An
    upload whose key is ``in_flight`` (queued or running) is left alone, and so is one that was tried often enough.
    """
    due = [each for each in wanted if each.key not in in_flight and _is_due(each, now)]
    due.sort(key=lambda each: (each.is_mapped, each.since, each.key))
    return [RunRequestPlan(each.key, each.fingerprint, each.attempts + 1) for each in due[: max(0, limit)]]


def _is_due(wanted: WantedRun, now: datetime) -> bool:
    if wanted.is_given_up:
        return False
    if wanted.attempts == 0 or wanted.attempted_at is None:
        return True
    due_at: datetime = wanted.attempted_at + BACK_OFF * 6 ** (wanted.attempts - 1)
    return now >= due_at
