"""Collecting ended Message Batches: their answers become mappings and decisions of the upload as it is now.

Belongs here: bringing the open submissions of one upload as far as they go, saving each request once. Does not: asking
how far they are (``batches``), what becomes of questions left over (``mapping``).
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from onet_pipeline.roles.claude_batches import Collected, Submission
from onet_pipeline.roles.records import Answer, Role, Usage
from onet_pipeline.steps.batches import look
from onet_pipeline.steps.judged_roles import JudgedRoles
from onet_pipeline.steps.mappers import asks_claude
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.batch_records import AskedQuestion, SubmissionRecord, SubmissionState
from onet_pipeline.store.records import JudgedRole, MappingRun, RunOutcome


@dataclass(frozen=True, slots=True)
class Advance:
    """What became of the open submissions of an upload.

    ``waits_for`` says what is still under way, None where nothing is. ``answered`` and ``left`` count questions whose
    requests were collected now: ``requests`` of them.
    """

    waits_for: str | None = None
    requests: int = 0
    answered: int = 0
    left: int = 0
    usage: Usage = field(default_factory=Usage)


def advance(pipeline: Pipeline, upload_key: str, now: datetime | None = None) -> Advance:
    """Bring the open submissions of an upload as far as they go, and save what has ended.

    Raises:
        MapperError: the API cannot be asked; what was saved stays.
    """
    if not asks_claude(pipeline.settings):
        return Advance()
    now = now or datetime.now(UTC)
    for each in pipeline.batches.open(upload_key):
        look(pipeline, each, now)
    found = pipeline.batches.open(upload_key)
    under_way = [each for each in found if each.state is not SubmissionState.ENDED]
    if under_way:
        reason = f"Message Batch {under_way[0].batch_id or 'not confirmed yet'} is under way."
        pipeline.batches.wait(upload_key, reason)
        return Advance(waits_for=reason)
    collecting = _Collecting(pipeline, upload_key)
    for each in found:
        collecting.collect(each)
    return collecting.result()


class _Collecting:
    """Saves what ended submissions of one upload brought, request by request, and counts it."""

    def __init__(self, pipeline: Pipeline, upload_key: str) -> None:
        self._pipeline, self._upload_key = pipeline, upload_key
        self._requests, self._answered, self._left, self._usage = 0, 0, 0, Usage()

    def collect(self, found: SubmissionRecord) -> None:
        """Save every request that is not saved yet, then close the submission and its run."""
        run = self._pipeline.mappings.run(found.mapping_run_id)
        saver = _Saver(self._pipeline, found, run)
        requests = tuple(
            tuple(each.question for each in saver.requests.get(place, ())) for place in range(found.request_count)
        )
        batches = self._pipeline.batches_with(run.model)
        for collected in batches.collect(found.batch_id or "", Submission(found.name, requests)):
            if saver.save(collected):
                self._count(collected)
        self._pipeline.batches.close(found.name, SubmissionState.COLLECTED)
        if not any(each.mapping_run_id == run.id for each in self._pipeline.batches.open(self._upload_key)):
            self._finish(run)

    def result(self) -> Advance:
        """Return what was collected."""
        return Advance(
            requests=self._requests,
            answered=self._answered,
            left=self._left,
            usage=self._usage,
        )

    def _count(self, collected: Collected) -> None:
        self._requests += 1
        self._answered += len(collected.batch.answers)
        self._left += len(collected.left)
        self._usage += collected.batch.usage

    def _finish(self, run: MappingRun) -> None:
        left = len(self._pipeline.batches.left_of(run.id))
        outcome = RunOutcome.PARTIAL if left else RunOutcome.SUCCEEDED
        reason = f"{left} questions came back from the Message Batch without an answer." if left else None
        self._pipeline.mappings.finish_run(run, outcome, reason=reason)


class _Saver:
    """Turns the answers of one submission into rows for the roles that the upload has now."""

    def __init__(self, pipeline: Pipeline, found: SubmissionRecord, run: MappingRun) -> None:
        self._batches, self._name, self._run = pipeline.batches, found.name, run
        self.requests = pipeline.batches.requests(found.name)
        self._roles = {role.title: role for role in pipeline.uploads.roles(found.upload_key)}
        self._judged_roles = JudgedRoles(pipeline, run)

    def save(self, collected: Collected) -> bool:
        """Commit one request; False where another process has."""
        asked = {each.question.id: each for each in self.requests[collected.place]}
        judged, departed = [], []
        for answer in collected.batch.answers:
            each = asked[answer.question_id]
            present = [self._roles[title] for title in each.spellings if title in self._roles]
            judged += [self._judged(each, answer, role) for role in present]
            departed += [] if present else [self._judged(each, answer, Role(each.question.role, 0))]
        return self._batches.save(
            self._name,
            collected.place,
            self._run,
            judged,
            departed=departed,
            left=[asked[question.id].key.fingerprint for question in collected.left],
            usage=collected.batch.usage,
        )

    def _judged(self, asked: AskedQuestion, answer: Answer, role: Role) -> JudgedRole:
        return self._judged_roles.of(role, asked.question, answer, asked.key)
