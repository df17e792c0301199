import asyncio
import json
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.errors import MapperRefused
from onet_pipeline.roles.asking import Asking, CallFailed, Outcome, Reply
from onet_pipeline.roles.records import Method, Question, Usage
from onet_pipeline_tests.support import questions as made

ONE = Usage(calls=1)
KINDS = ["whole", "nothing", "some", "cut", "cut after some", "declined", "odd", "down", "refused"]


class Fate:
    """A call that meets what was drawn for it, then goes well."""

    def __init__(self, kinds: Sequence[str], *, for_ever: bool = False) -> None:
        self.kinds, self.for_ever, self.calls = list(kinds), for_ever, 0

    async def __call__(self, questions: Sequence[Question], look: int) -> Reply:
        self.calls += 1
        kind = "whole" if not self.kinds else self.kinds[0] if self.for_ever else self.kinds.pop(0)
        if kind == "refused":
            raise MapperRefused("no credit")
        if kind in ("odd", "down"):
            raise CallFailed(kind, ONE, isolate=kind == "odd")
        if kind == "declined":
            return Reply("", "refusal", ONE)
        kept = {"whole": len(questions), "some": len(questions) // 2, "cut after some": len(questions) // 2}.get(
            kind, 0
        )
        answers = [
            {"id": number, "reasoning": "", "code": question.candidates[0].code, "confidence": "HIGH"}
            for number, question in enumerate(questions[:kept], start=1)
        ]
        return Reply(json.dumps({"answers": answers}), "max_tokens" if "cut" in kind else "end_turn", ONE)


def outcome_of(fate: Fate, asked: list[Question]) -> Outcome:
    def codes(question: Question) -> frozenset[str]:
        return frozenset(candidate.code for candidate in question.candidates)

    return asyncio.run(Asking(fate, codes).ask(asked))


@given(st.integers(1, 16), st.lists(st.sampled_from(KINDS[:-1]), max_size=40))
def test_whatever_calls_meet_every_question_is_settled_within_four_calls_each(size: int, kinds: list[str]) -> None:
    asked, fate = made.questions(size), Fate(kinds)
    outcome = outcome_of(fate, asked)
    assert set(outcome.answers) == {question.id for question in asked}
    assert fate.calls == outcome.usage.calls <= 4 * size


@given(st.integers(1, 16), st.sampled_from(KINDS[:-1]))
def test_a_fate_that_never_turns_is_given_up(size: int, kind: str) -> None:
    fate = Fate([kind], for_ever=True)
    outcome = outcome_of(fate, made.questions(size))
    assert len(outcome.answers) == size
    assert fate.calls <= 4 * size


@given(st.integers(1, 16), st.lists(st.sampled_from(KINDS[:-1]), max_size=20))
def test_a_refusal_keeps_what_came_before_and_ends_the_asking(size: int, kinds: list[str]) -> None:
    fate = Fate([*kinds, "refused"])
    outcome = outcome_of(fate, made.questions(size))
    if outcome.refused:
        assert fate.calls == len(kinds) + 1
    else:
        assert len(outcome.answers) == size
    assert all(answer.method is Method.CLAUDE for answer in outcome.answers.values() if not answer.fallback_reason)
