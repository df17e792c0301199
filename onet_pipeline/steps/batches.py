"""Message Batches of uploads: submitted, found again, polled, stopped at the deadline.

Belongs here: the order of these steps, so that nothing is paid for twice and nothing waits for ever. Does not: the API
(``roles.claude_batches``), rows (``store.batches``), saving what a batch brought (``collecting``).

A submission is stored before it is sent and its id as soon as it is known; a request is forgotten in the transaction
that saves its answers. So each step may be repeated after a crash at any point:

- No id: the API's list decides. A submission that may be there is waited for; one that never arrived is forgotten, and
  its questions are submitted anew.
- Under way: after the deadline it is stopped, which ends it. Until it has ended or expired nothing is asked again.
- Ended: its requests are collected one by one. What brought no answer is left to calls.

docs/decisions/0013-message-batches.md
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from onet_pipeline.errors import MapperRefused, MapperUnavailable
from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Question
from onet_pipeline.steps.mappers import asks_claude
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.store.batch_records import AskedQuestion, PlannedSubmission, SubmissionRecord, SubmissionState
from onet_pipeline.store.records import MappingRun, RunOutcome

if TYPE_CHECKING:
    from onet_pipeline.roles.claude_batches import Submission

SETTLES_AFTER = timedelta(minutes=5)
"""A submission sent more recently may be on its way still: sending gives up after two minutes."""
EXPIRES_AFTER = timedelta(hours=25)
"""The API ends every batch 24 hours after its creation."""
KEPT_FOR = timedelta(days=28)
"""The API keeps results for 29 days."""
MOST_POLLED = 50
"""Submissions asked about at once; Dagster ends a tick after 60 s."""
MOST_ATTEMPTS = 8
"""Runs asked for to collect one submission; with the back-off they span a day."""
BACK_OFF, LONGEST_BACK_OFF = timedelta(minutes=5), timedelta(hours=6)

_log = logging.getLogger(__name__)


def submit(
    pipeline: Pipeline,
    run: MappingRun,
    groups: Sequence[Sequence[Question]],
    keys: Mapping[int, DecisionKey],
) -> str:
    """Submit questions, one for each group of spellings that share a decision; return what the upload waits for now.

    A submission of which it is not known whether it arrived counts as arrived: ``advance`` finds out.

    Raises:
        MapperRefused: key, model or bill; what was not sent is forgotten.
    """
    spellings = {group[0].id: tuple(question.role for question in group) for group in groups}
    plans = pipeline.batches_with(run.model).plan([group[0] for group in groups])
    # The name of a plan tells what is asked; that of a submission also when, so that no other one is taken for it.
    named = [replace(plan, name=f"{plan.name}-{run.id.hex[-12:]}") for plan in plans]
    stored = [
        PlannedSubmission(
            each.name,
            tuple(
                tuple(AskedQuestion(question, keys[question.id], spellings[question.id]) for question in request)
                for request in each.requests
            ),
        )
        for each in named
    ]
    if pipeline.batches.plan(run, stored):
        _send(pipeline, run, named)
    else:
        reason = "Another run has submitted a Message Batch for this upload."
        pipeline.mappings.finish_run(run, RunOutcome.PARTIAL, reason=reason)
    upload = pipeline.uploads.get(run.upload_key)
    return (upload and upload.reason) or "A Message Batch is under way."


def _send(pipeline: Pipeline, run: MappingRun, submissions: Sequence["Submission"]) -> None:
    batches = pipeline.batches_with(run.model)
    for number, each in enumerate(submissions):
        try:
            pipeline.batches.submitted(each.name, batches.submit(each))
        except MapperRefused as refused:
            for unsent in submissions[number:]:
                pipeline.batches.forget(unsent.name, str(refused))
            raise
        except MapperUnavailable as error:
            _log.warning("It is not known whether submission %s arrived: %s", each.name, error)


def due(pipeline: Pipeline, now: datetime | None = None) -> list[SubmissionRecord]:
    """Look after the open submissions of all uploads; return one of each upload whose submissions have all ended.

    What was tried in vain waits longer each time, and is left to a person after ``MOST_ATTEMPTS``.

    Raises:
        MapperError: the API cannot be asked.
    """
    if not asks_claude(pipeline.settings):
        return []
    now = now or datetime.now(UTC)
    for each in pipeline.batches.open()[:MOST_POLLED]:
        look(pipeline, each, now)
    found = pipeline.batches.open()
    under_way = {each.upload_key for each in found if each.state is not SubmissionState.ENDED}
    first = {each.upload_key: each for each in reversed(found) if each.upload_key not in under_way}
    return [each for each in first.values() if _is_due(each, now)]


def look(pipeline: Pipeline, found: SubmissionRecord, now: datetime) -> None:
    """Ask the API about one open submission and note what it says."""
    if found.state is SubmissionState.ENDED:
        if now > found.planned_at + KEPT_FOR:
            _give_up(pipeline, found, "its results were not collected while the API kept them")
    elif found.batch_id is None:
        _find(pipeline, found, now)
    else:
        _poll(pipeline, found, found.batch_id, now)


def _find(pipeline: Pipeline, found: SubmissionRecord, now: datetime) -> None:
    from onet_pipeline.roles.claude_batches import Submission

    if now < found.planned_at + SETTLES_AFTER:
        return
    submission = Submission(found.name, ((),) * found.request_count)
    finding = pipeline.batches_with(None).find(submission, found.planned_at, others=pipeline.batches.batch_ids())
    if finding.found:
        pipeline.batches.submitted(found.name, finding.found)
    elif finding.absent:
        reason = "The Message Batch never arrived; nothing was paid."
        pipeline.batches.forget(found.name, reason)
        pipeline.mappings.finish_run(pipeline.mappings.run(found.mapping_run_id), RunOutcome.FAILED, reason=reason)
    else:
        pipeline.batches.polled(found.name)


def _poll(pipeline: Pipeline, found: SubmissionRecord, batch_id: str, now: datetime) -> None:
    batches = pipeline.batches_with(None)
    state = batches.poll(batch_id)
    if state and state.ended:
        pipeline.batches.polled(found.name, SubmissionState.ENDED, expires_at=state.expires_at)
    elif now > found.planned_at + EXPIRES_AFTER:
        _give_up(pipeline, found, "the API does not know it" if state is None else "it has expired and did not end")
    elif state and found.state is SubmissionState.SUBMITTED and now >= found.planned_at + _deadline(pipeline):
        batches.cancel(batch_id)
        pipeline.batches.polled(found.name, SubmissionState.STOPPING, expires_at=state.expires_at)
    else:
        pipeline.batches.polled(found.name, expires_at=state.expires_at if state else None)


def _deadline(pipeline: Pipeline) -> timedelta:
    """Who has gone back to calls does not want to wait any longer."""
    settings = pipeline.settings
    return timedelta(hours=settings.batch_deadline if settings.claude_mode == "batch" else 0)


def _give_up(pipeline: Pipeline, found: SubmissionRecord, why: str) -> None:
    reason = f"Message Batch {found.batch_id} cannot be collected: {why}. Its questions are asked by calls."
    _log.warning(reason)
    pipeline.batches.close(found.name, SubmissionState.ABANDONED, reason)
    pipeline.mappings.finish_run(pipeline.mappings.run(found.mapping_run_id), RunOutcome.FAILED, reason=reason)


def _is_due(found: SubmissionRecord, now: datetime) -> bool:
    if found.attempts == 0 or found.attempted_at is None:
        return True
    wait = min(LONGEST_BACK_OFF, BACK_OFF * 6 ** (found.attempts - 1))
    return found.attempts < MOST_ATTEMPTS and now >= found.attempted_at + wait
