"""Asking Claude through Message Batches: half the price, an answer within a day, mostly within an hour.

Belongs here: planning submissions, submitting, finding again, polling, collecting. Does not: remembering what was
submitted (``store``), when to poll (``orchestration``), asking again what brought no answer (``claude``).

A submission has a name before it is sent, and every request in it carries that name. So a caller stores the plan,
submits, stores the id; after a crash in between, ``find`` tells whether the batch is there.

https://platform.claude.com/docs/en/build-with-claude/batch-processing
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from onet_pipeline.roles.answers import check
from onet_pipeline.roles.claude import Patience, connect_blocking, named_errors, unknown_to_the_api, usable_key
from onet_pipeline.roles.grouping import grouped
from onet_pipeline.roles.layouts import CandidateLayout, Layout, message_params
from onet_pipeline.roles.pricing import PriceTable, token_usage
from onet_pipeline.roles.records import AnsweredBatch, Question

MOST_REQUESTS = 100_000
MOST_BYTES = 200_000_000  # the API takes 256 MB; the rest is for what wraps the requests
_OUTCOMES = ("processing", "succeeded", "errored", "canceled", "expired")
CLOCKS_APART = timedelta(minutes=10)
SENT_WITHIN = timedelta(hours=1)
"""So that what is looked for among is a set that ends; a submission of 200 MB may be the last of several."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What goes into one Message Batch: its name, and the questions of each request in order."""

    name: str
    requests: tuple[tuple[Question, ...], ...]

    def custom_id(self, place: int) -> str:
        """Return the id under which request ``place`` (from 0) is sent and comes back."""
        return f"{self.name}-{place}"


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch is; ``counts`` by outcome are all ``processing`` until it has ended."""

    id: str
    status: str
    counts: Mapping[str, int]
    expires_at: datetime

    @property
    def ended(self) -> bool:
        """Whether results can be collected."""
        return self.status == "ended"


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a submission may be. ``undecided`` batches could be it and tell only when they end: wait for them."""

    found: str | None
    undecided: tuple[str, ...] = ()

    @property
    def absent(self) -> bool:
        """Whether the submission never arrived, so that it may be sent again."""
        return self.found is None and not self.undecided


@dataclass(frozen=True, slots=True)
class Collected:
    """What request ``place`` brought: checked answers with their cost, and why other questions have none."""

    place: int
    batch: AnsweredBatch
    left: Mapping[Question, str]


class ClaudeBatches:
    """The verbs of Message Batches over our requests: plan, submit, find, poll, cancel, collect.

    Answers are those of one look. Every verb raises ``MapperRefused`` for key, model or bill and
    ``MapperUnavailable`` for everything that may pass.
    """

    def __init__(
        self,
        *,
        api_key: str,
        model: str = "claude-haiku-5-5",
        base_url: str | None = None,
        batch_size: int = 12,
        layout: Layout | None = None,
        effort: str | None = None,
        patience: Patience | None = None,
        prices: PriceTable | None = None,
    ) -> None:
        self._api_key, self._base_url = usable_key(api_key), base_url
        self._model, self._effort, self._batch_size = model, effort, batch_size
        self._layout = layout or CandidateLayout()
        self._patience = patience or Patience()
        self._prices = prices or PriceTable()

    def plan(self, questions: Sequence[Question]) -> list[Submission]:
        """Split questions into submissions within the API's limits of requests and bytes; the same always alike."""
        submissions: list[Submission] = []
        requests: list[tuple[Question, ...]] = []
        size = 0
        for group in grouped([question for question in questions if self._layout.allows(question)], self._batch_size):
            length = len(json.dumps(self._params(group)))
            if requests and (len(requests) == MOST_REQUESTS or size + length > MOST_BYTES):
                submissions.append(_submission(requests, self._model))
                requests, size = [], 0
            requests.append(tuple(group))
            size += length
        return [*submissions, _submission(requests, self._model)] if requests else submissions

    def submit(self, submission: Submission) -> str:
        """Send a submission and return the id of its batch, to be stored before anything else.

        Never retried here: a time-out does not tell whether it arrived, and twice sent is twice paid. After
        ``MapperUnavailable``, ``find`` decides.
        """
        requests: list[Any] = [
            {"custom_id": submission.custom_id(place), "params": self._params(group)}
            for place, group in enumerate(submission.requests)
        ]
        with named_errors(self._model), self._client(max_retries=0) as client:
            return str(client.messages.batches.create(requests=requests).id)

    def find(self, submission: Submission, since: datetime, *, others: Collection[str] = ()) -> Finding:
        """Look for a submission sent at ``since`` or within an hour, whose id was lost; it is none of ``others``.

        The API lists batches without the names of their requests, so one that is still being processed is known only
        by its time and size.
        """
        undecided = []
        with named_errors(self._model), self._client() as client:
            for batch in client.messages.batches.list(limit=100):
                if batch.created_at < since - CLOCKS_APART:
                    break
                if batch.id in others or batch.created_at > since + SENT_WITHIN:
                    continue
                if sum(_state(batch).counts.values()) != len(submission.requests):
                    continue
                if batch.processing_status != "ended":
                    undecided.append(batch.id)
                elif self._is(submission, batch.id, client):
                    return Finding(batch.id)
        return Finding(None, tuple(undecided))

    def poll(self, batch_id: str) -> BatchState | None:
        """Return how far a batch is; None where the API does not know it: it is deleted, or another workspace's."""
        with named_errors(self._model), self._client() as client:
            try:
                return _state(client.messages.batches.retrieve(batch_id))
            except unknown_to_the_api():
                return None

    def cancel(self, batch_id: str) -> BatchState:
        """Ask for the rest to be dropped; what was processed can be collected once the batch has ended."""
        with named_errors(self._model), self._client() as client:
            return _state(client.messages.batches.cancel(batch_id))

    def collect(self, batch_id: str, submission: Submission) -> Iterator[Collected]:
        """Yield what an ended batch brought, request by request, in any order; every question appears once.

        Requests without questions are passed over: what they brought is saved already.
        What errored, expired, was cancelled, or did not pass the check is left with its reason, for the mapper.
        """
        missing = {submission.custom_id(place): place for place, group in enumerate(submission.requests) if group}
        with named_errors(self._model), self._client() as client:
            for line in client.messages.batches.results(batch_id):
                place = missing.pop(line.custom_id, None)
                if place is not None:
                    yield self._collected(place, submission.requests[place], line.result)
        for place in missing.values():
            yield _nothing(place, submission.requests[place], "the batch brought no result for this request")

    def _collected(self, place: int, group: Sequence[Question], result: Any) -> Collected:
        if result.type != "succeeded":
            error = getattr(getattr(getattr(result, "error", None), "error", None), "type", "")
            return _nothing(place, group, f"the request {result.type} in the batch" + (f" ({error})" if error else ""))
        message = result.message
        text = "".join(block.text for block in message.content if block.type == "text")
        checked = check("" if message.stop_reason == "refusal" else text, group, self._layout.codes)
        counted = replace(token_usage(message.usage), calls=1, out_of_list_answers=checked.out_of_list)
        usage = self._prices.priced(counted, self._model, batch=True)
        left = {question: checked.faults[question.id] for question in group if question.id in checked.faults}
        return Collected(place, AnsweredBatch(tuple(checked.answers.values()), usage), left)

    def _is(self, submission: Submission, batch_id: str, client: Any) -> bool:
        first = next(iter(client.messages.batches.results(batch_id)), None)
        return first is not None and str(first.custom_id).rpartition("-")[0] == submission.name

    def _params(self, group: Sequence[Question]) -> Any:
        return message_params(group, self._layout, self._model, self._effort, 1)

    def _client(self, max_retries: int | None = None) -> AbstractContextManager[Any]:
        retries = self._patience.max_retries if max_retries is None else max_retries
        return connect_blocking(self._api_key, self._base_url, replace(self._patience, max_retries=retries))


def _submission(requests: Sequence[tuple[Question, ...]], model: str) -> Submission:
    """Name a submission after what it asks, so that planning it again names it the same."""
    asked = [[(q.role, q.context, [c.code for c in q.candidates]) for q in group] for group in requests]
    digest = hashlib.sha256(json.dumps([model, asked]).encode()).hexdigest()
    return Submission(f"onet-{digest[:24]}", tuple(requests))


def _state(batch: Any) -> BatchState:
    counts = {outcome: getattr(batch.request_counts, outcome) for outcome in _OUTCOMES}
    return BatchState(batch.id, batch.processing_status, counts, batch.expires_at)


def _nothing(place: int, group: Sequence[Question], reason: str) -> Collected:
    return Collected(place, AnsweredBatch(()), dict.fromkeys(group, reason))
