"""How roles get their answers: ask, check, ask again, split, isolate, fall back; batch by batch, until all or enough.

Belongs here: the policy around one call, whatever carries it. Does not: the network (``claude``), judging one answer
(``answers``).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from onet_pipeline.errors import MapperError, MapperRefused, MapperUnavailable
from onet_pipeline.roles.answers import AllowedCodes, check
from onet_pipeline.roles.landing import Emit
from onet_pipeline.roles.mapper import fallback
from onet_pipeline.roles.records import Answer, AnsweredBatch, Method, Question, Usage
from onet_pipeline.roles.second_look import together

CUT_SHORT = frozenset({"max_tokens", "model_context_window_exceeded"})


@dataclass(frozen=True, slots=True)
class Reply:
    """What one call brought back; ``stop_reason`` as the API names it."""

    text: str
    stop_reason: str
    usage: Usage


class CallFailed(Exception):
    """A call brought no answer. ``isolate`` means that one of its roles may be why."""

    def __init__(self, reason: str, usage: Usage, *, isolate: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.usage, self.isolate = reason, usage, isolate


class Call(Protocol):
    """Puts questions to the model once."""

    async def __call__(self, questions: Sequence[Question], look: int) -> Reply:
        """Return the reply.

        Raises:
            CallFailed: no answer came, but the next call may fare better.
            MapperRefused: no call can succeed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers by question id and what they cost; with ``refused`` set, some questions were not put."""

    answers: Mapping[int, Answer] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    refused: MapperRefused | None = None

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome({**self.answers, **other.answers}, self.usage + other.usage, self.refused or other.refused)


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks batches over ``call``; ``allowed`` names the codes that may answer a question."""

    call: Call
    allowed: AllowedCodes

    async def ask(self, questions: Sequence[Question], look: int = 1, *, again: bool = True) -> Outcome:
        """Answer every question, by the model or by fallback; what is missing or wrong is asked ``again`` once.

        A batch of n takes at most 4n calls, all but a few only if nearly every call is cut short or refused.
        """
        try:
            reply = await self.call(questions, look)
        except MapperRefused as refused:
            return Outcome(refused=refused)
        except CallFailed as failure:
            spent = Outcome(usage=failure.usage)
            if failure.isolate and len(questions) > 1:
                return spent + await self._halves(questions, look, again=again)
            return spent + _fallbacks(dict.fromkeys(questions, failure.reason))
        if reply.stop_reason == "refusal":
            return await self._declined(questions, look, reply, again=again)
        return await self._judged(questions, look, reply, again=again)

    async def _judged(self, questions: Sequence[Question], look: int, reply: Reply, *, again: bool) -> Outcome:
        checked = check(reply.text, questions, self.allowed)
        taken = Outcome(checked.answers, replace(reply.usage, out_of_list_answers=checked.out_of_list))
        left = [question for question in questions if question.id in checked.faults]
        if not left:
            return taken
        if reply.stop_reason in CUT_SHORT:
            if len(questions) == 1:
                return taken + _fallbacks({left[0]: "Claude's answer was cut short, even for this role alone"})
            return taken + await self._halves(left, look, again=again)
        if again:
            return taken + await self.ask(left, look, again=False)
        return taken + _fallbacks({question: checked.faults[question.id] for question in left})

    async def _declined(self, questions: Sequence[Question], look: int, reply: Reply, *, again: bool) -> Outcome:
        """Find the role that the model declines: the others of its batch are not to suffer for it."""
        spent = Outcome(usage=reply.usage)
        if len(questions) == 1:
            return spent + _fallbacks({questions[0]: "Claude declined to answer for this role"})
        return spent + await self._halves(questions, look, again=again)

    async def _halves(self, questions: Sequence[Question], look: int, *, again: bool) -> Outcome:
        middle = (len(questions) + 1) // 2
        outcome = await self.ask(questions[:middle], look, again=again)
        if outcome.refused or not questions[middle:]:
            return outcome
        return outcome + await self.ask(questions[middle:], look, again=again)


def _fallbacks(reasons: Mapping[Question, str]) -> Outcome:
    return Outcome({question.id: fallback(question, reason) for question, reason in reasons.items()})


class Run:
    """The batches of one ``answer``: workers take them one by one until none is left or asking must stop."""

    def __init__(
        self,
        asking: Asking,
        doubts: Callable[[Question, Answer], bool],
        widened: Callable[[Sequence[Question]], list[Question]],
        emit: Emit[AnsweredBatch],
        *,
        failed_batches: int,
    ) -> None:
        self._asking, self._doubts, self._widened, self._emit = asking, doubts, widened, emit
        self._failed_batches = failed_batches
        self._failed_in_a_row = 0
        self.stopped: MapperError | None = None

    async def work(self, left: deque[Sequence[Question]], most: int | None = None) -> None:
        """Take up to ``most`` batches and emit what they bring."""
        while left and self.stopped is None and most != 0:
            most = most - 1 if most is not None else None
            batch = left.popleft()
            outcome = await self._asking.ask(batch)
            self._judge(outcome, left)
            await self._emit_all(batch, outcome)

    def _judge(self, outcome: Outcome, left: deque[Sequence[Question]]) -> None:
        self.stopped = self.stopped or outcome.refused
        answered = any(answer.method is not Method.FALLBACK for answer in outcome.answers.values())
        self._failed_in_a_row = 0 if answered else self._failed_in_a_row + 1
        if left and self._failed_in_a_row >= self._failed_batches:
            reason = next((answer.fallback_reason for answer in outcome.answers.values()), None)
            self.stopped = self.stopped or MapperUnavailable(
                f"Claude gave no answer to {self._failed_in_a_row} batches in a row (the last: {reason}). What was "
                "answered is kept; run again when the API is well: only the missing roles will be asked."
            )

    async def _emit_all(self, batch: Sequence[Question], outcome: Outcome) -> None:
        """Emit the sure answers at once, the doubtful ones after their second look."""
        put = [question for question in batch if question.id in outcome.answers]
        doubtful = [q for q in put if self.stopped is None and self._doubts(q, outcome.answers[q.id])]
        again = {question.id for question in doubtful}
        sure = tuple(outcome.answers[question.id] for question in put if question.id not in again)
        if sure or (outcome.usage.calls and not doubtful):
            await self._emit(AnsweredBatch(sure, outcome.usage))
        if doubtful:
            second = await self._asking.ask(self._widened(doubtful), look=2)
            self.stopped = self.stopped or second.refused
            answers = tuple(_combined(outcome.answers[question.id], second) for question in doubtful)
            await self._emit(AnsweredBatch(answers, second.usage if sure else outcome.usage + second.usage))


def _combined(first: Answer, second: Outcome) -> Answer:
    again = second.answers.get(first.question_id)
    return first if again is None else together(first, again)
