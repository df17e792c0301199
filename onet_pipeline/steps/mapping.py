"""Map the roles of one upload: candidates, decisions already paid for, the mapper for the rest, rows as they land.

Belongs here: what is asked, what is taken over, what is saved together. Does not: how candidates are found or chosen
(``roles``), or rows written (``store``).
"""

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TypeVar

from onet_pipeline.errors import OnetPipelineError
from onet_pipeline.roles.mapper import DecisionKey, Mapper
from onet_pipeline.roles.records import NOT_THE_MAPPERS, Answer, Method, Question, Role, Usage
from onet_pipeline.roles.standing import stands
from onet_pipeline.steps.batches import submit
from onet_pipeline.steps.collecting import advance
from onet_pipeline.steps.indexing import CurrentIndex, current_index
from onet_pipeline.steps.judged_roles import JudgedRoles
from onet_pipeline.steps.mappers import asks_claude
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.reuse import Settled, settled_elsewhere
from onet_pipeline.steps.uploads import registered_upload
from onet_pipeline.store.mappings import new_run
from onet_pipeline.store.records import Decision, JudgedRole, MappingRun, RunOutcome, Upload
from onet_pipeline.store.records import Mapping as SavedMapping

Found = TypeVar("Found")

SAVED_TOGETHER = 500
"""Roles of one transaction where no call to a model separates them."""


@dataclass(frozen=True, slots=True)
class MappingOutcome:
    """What one run did with the distinct roles of an upload.

    ``asked`` counts questions put to the mapper: spellings that normalise alike are one. ``kept`` counts roles that an
    earlier, interrupted run of the same inputs had saved, and roles that a reviewer has confirmed. ``unsettled`` counts
    roles that the mapper failed to answer: they have a fallback and will be asked again.

    ``waits_for`` says which Message Batch is under way; the upload is not done then. ``collected`` counts answers of
    one that has ended by now; their roles are kept.
    """

    roles: int
    asked: int
    kept: int
    unsettled: int
    by_method: Mapping[str, int]
    by_tier: Mapping[str, int]
    usage: Usage
    seconds: float
    collected: int = 0
    waits_for: str | None = None
    without_candidates: int = 0


@dataclass(frozen=True, slots=True)
class _Work:
    """The questions of an upload, sorted by what is to be done with them; a group shares one decision."""

    kept: list[Question] = field(default_factory=list)
    settled: list[tuple[Question, Settled]] = field(default_factory=list)
    cached: list[tuple[Question, Decision]] = field(default_factory=list)
    asked: dict[int, list[Question]] = field(default_factory=dict)


def upload_fingerprint(content_sha256: str | None, index_version: str, mapper: Mapper) -> str:
    """Hash what an upload's mappings depend on: its content, the index, and the mapper with its version and model."""
    material = "\n".join([content_sha256 or "", index_version, mapper.name, mapper.version, mapper.model or ""])
    return hashlib.sha256(material.encode()).hexdigest()


def map_upload(pipeline: Pipeline, key: str, *, run_id: str | None = None, fresh: bool = False) -> MappingOutcome:
    """Map every role of a registered upload whose roles have been read; each batch is committed as it lands.

    Roles that a reviewer confirmed stay as they are, and what reviewers settled in other uploads is taken over, as the
    settings say. ``fresh`` asks again what a mapper decided before. In batch mode questions are submitted, and a later
    call takes up what came of them.

    Raises:
        UploadUnreadable: no upload is registered so.
        MapperError: the mapper cannot go on; what was saved stays, and the mapping run says why.
        NoRelease: nothing has been synced.
    """
    started = time.monotonic()
    upload = registered_upload(pipeline, key)
    ended = advance(pipeline, key)
    if ended.waits_for:
        return _waiting(pipeline, key, ended.waits_for, time.monotonic() - started)
    current = current_index(pipeline)
    mapper = pipeline.mapper_with(current.index)
    run = _new_run(upload, current, mapper, run_id)
    pipeline.mappings.start_run(run)
    try:
        # What a batch brought just now is fresh.
        outcome = _map_roles(pipeline, run, current, mapper, fresh=fresh and not ended.requests)
    except OnetPipelineError as error:
        pipeline.mappings.finish_run(run, RunOutcome.FAILED, reason=str(error))
        raise
    _finish(pipeline, run, outcome, upload_fingerprint(upload.content_sha256, current.index.version, mapper))
    seconds = time.monotonic() - started
    return replace(outcome, seconds=seconds, usage=outcome.usage + ended.usage, collected=ended.answered)


def _waiting(pipeline: Pipeline, key: str, waits_for: str, seconds: float) -> MappingOutcome:
    roles = len(pipeline.uploads.roles(key))
    return MappingOutcome(roles, 0, 0, 0, {}, {}, Usage(), seconds, waits_for=waits_for)


def _new_run(upload: Upload, current: CurrentIndex, mapper: Mapper, run_id: str | None) -> MappingRun:
    return new_run(
        upload.key,
        content_sha256=upload.content_sha256,
        run_id=run_id,
        mapper=mapper.name,
        model=mapper.model,
        prompt_version=mapper.version,
        index_version=current.index.version,
        onet_version=current.onet_version,
    )


def _finish(pipeline: Pipeline, run: MappingRun, outcome: MappingOutcome, fingerprint: str) -> None:
    """Close the run; fallbacks are provisional, so an upload that has some is not done and will be tried again.

    A run that submitted a Message Batch is closed when that is collected.
    """
    run = replace(run, without_candidates=outcome.without_candidates)
    if outcome.waits_for:
        return
    if outcome.unsettled:
        reason = f"{outcome.unsettled} of {outcome.roles} roles fell back to the best-ranked candidate."
        pipeline.mappings.finish_run(run, RunOutcome.PARTIAL, reason=reason)
    else:
        pipeline.mappings.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint=fingerprint)


def _map_roles(
    pipeline: Pipeline, run: MappingRun, current: CurrentIndex, mapper: Mapper, *, fresh: bool
) -> MappingOutcome:
    roles = pipeline.uploads.roles(run.upload_key)
    questions = _questions(roles, current, pipeline.settings.candidates)
    keys = {question.id: key for question in questions if (key := mapper.decision_key(question))}
    work = _sort(pipeline, run, questions, keys, fresh=fresh)
    # What is taken over names the decision that it rests on, which may be of other candidates.
    rests_on = {question.id: DecisionKey(decision.fingerprint) for question, decision in work.cached}
    saving = _Saving(pipeline, run, roles, keys | rests_on)
    for settled in _slices(work.settled):
        saving.save([(question, found.answer(question), found.origin) for question, found in settled])
    for some in _slices(work.cached):
        saving.save([(question, _taken_over(question, decision), decision.origin) for question, decision in some])
    run = replace(run, without_candidates=sum(not question.candidates for question in questions))
    by_call, by_batch = _ways(pipeline, run, work.asked.values(), keys)
    with closing(mapper.answer([group[0] for group in by_call])) as batches:
        for batch in batches:
            answered = [(question, answer) for answer in batch.answers for question in work.asked[answer.question_id]]
            saving.save([(question, answer, None) for question, answer in answered], batch.usage)
    waits_for = submit(pipeline, run, by_batch, keys) if by_batch else None
    return MappingOutcome(
        roles=len(roles),
        asked=len(work.asked),
        kept=len(work.kept),
        unsettled=saving.unsettled,
        by_method=dict(saving.by_method),
        by_tier=dict(saving.by_tier),
        usage=saving.usage,
        seconds=0.0,
        waits_for=waits_for,
        without_candidates=run.without_candidates,
    )


def _ways(
    pipeline: Pipeline,
    run: MappingRun,
    groups: Collection[list[Question]],
    keys: Mapping[int, DecisionKey],
) -> tuple[list[list[Question]], list[list[Question]]]:
    """Split questions into those asked by calls and those for a Message Batch; what one left over goes by calls."""
    if pipeline.settings.claude_mode == "calls" or not asks_claude(pipeline.settings):
        return list(groups), []
    left = pipeline.batches.left_over(run.upload_key)
    by_batch = [group for group in groups if (key := keys.get(group[0].id)) and key.fingerprint not in left]
    sent = {group[0].id for group in by_batch}
    return [group for group in groups if group[0].id not in sent], by_batch


class _Saving:
    """Saves answers as they land and counts them."""

    def __init__(
        self, pipeline: Pipeline, run: MappingRun, roles: Sequence[Role], keys: Mapping[int, DecisionKey]
    ) -> None:
        self._mappings, self._run, self._roles, self._keys = pipeline.mappings, run, roles, keys
        self._judged_roles = JudgedRoles(pipeline, run)
        self.by_method, self.by_tier, self.unsettled, self.usage = Counter[str](), Counter[str](), 0, Usage()

    def save(self, answered: Sequence[tuple[Question, Answer, str | None]], usage: Usage | None = None) -> None:
        """Commit questions with their answers and where those were taken over from."""
        self._mappings.save_batch(self._run, [self._judged(*each) for each in answered], usage=usage)
        self.usage += usage or Usage()
        for question, answer, _ in answered:
            self.by_method[answer.method.value] += 1
            self.by_tier[answer.tier.value] += 1
            # Without a key the question was never put, so that there is nothing to try again.
            self.unsettled += answer.method is Method.FALLBACK and question.id in self._keys

    def _judged(self, question: Question, answer: Answer, cached_from: str | None) -> JudgedRole:
        role, key = self._roles[question.id], self._keys.get(question.id)
        return self._judged_roles.of(role, question, answer, key, cached_from)


def _questions(roles: Sequence[Role], current: CurrentIndex, limit: int) -> list[Question]:
    found = current.index.search([role.title for role in roles], limit)
    pairs = enumerate(zip(roles, found, strict=True))
    return [Question(number, role.title, candidates, role.context) for number, (role, candidates) in pairs]


def _sort(
    pipeline: Pipeline,
    run: MappingRun,
    questions: Sequence[Question],
    keys: Mapping[int, DecisionKey],
    *,
    fresh: bool,
) -> _Work:
    saved = {mapping.source_role: mapping for mapping in pipeline.mappings.mappings(run.upload_key)}
    decided = {} if fresh else _decided(pipeline, questions, keys)
    elsewhere = settled_elsewhere(pipeline, run.upload_key)
    work, groups = _Work(), defaultdict[str, list[Question]](list)
    for question in questions:
        key, row, decision = keys.get(question.id), saved.get(question.role), decided.get(question.id)
        rests_on = decision or key
        if row and row.user_confirmed:
            work.kept.append(question)
        elif settled := elsewhere.of(question):
            work.settled.append((question, settled))
        elif row and rests_on and not fresh and _is_saved(row, rests_on.fingerprint, run):
            work.kept.append(question)
        elif decision:
            work.cached.append((question, decision))
        else:
            groups[key.fingerprint if key else f"question {question.id}"].append(question)
    work.asked.update((group[0].id, group) for group in groups.values())
    return work


def _decided(pipeline: Pipeline, questions: Sequence[Question], keys: Mapping[int, DecisionKey]) -> dict[int, Decision]:
    """Return by question the decision that was made on the same candidates, or else the latest one if it stands."""
    same = pipeline.decisions.find([key.fingerprint for key in keys.values()])
    decided = {number: same[key.fingerprint] for number, key in keys.items() if key.fingerprint in same}
    undecided = {number: key.question for number, key in keys.items() if key.question and number not in decided}
    earlier = pipeline.decisions.latest(list(undecided.values()))
    for question in questions:
        found = earlier.get(undecided.get(question.id, ""))
        if found and stands(found.code, found.tier, found.shown, question.candidates):
            decided[question.id] = found
    return decided


def _is_saved(mapping: SavedMapping, fingerprint: str, run: MappingRun) -> bool:
    """Say whether a saved row needs nothing: an interrupted run of the same inputs saved it."""
    same = mapping.fingerprint == fingerprint and mapping.index_version == run.index_version
    return same and mapping.method not in NOT_THE_MAPPERS


def _taken_over(question: Question, decision: Decision) -> Answer:
    return Answer(
        question_id=question.id,
        code=decision.code,
        tier=decision.tier,
        reasoning=decision.reasoning,
        method=Method.CACHED,
        runners_up=decision.runners_up,
        missing_information=decision.missing_information,
        second_look=decision.second_look,
    )


def _slices(found: Sequence[tuple[Question, Found]]) -> Iterator[Sequence[tuple[Question, Found]]]:
    for start in range(0, len(found), SAVED_TOGETHER):
        yield found[start : start + SAVED_TOGETHER]
