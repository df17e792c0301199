import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from onet_pipeline.errors import MapperRefused, MapperUnavailable
from onet_pipeline.roles import claude_batches
from onet_pipeline.roles.claude_batches import ClaudeBatches, Collected
from onet_pipeline.roles.records import Answer, Method, Question
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.questions import questions


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


def batches_for(server: ClaudeServer, **options: Any) -> ClaudeBatches:
    return ClaudeBatches(**{"api_key": server.key, "base_url": server.url, "batch_size": 3, **options})


def now() -> datetime:
    return datetime.now(UTC)


def gathered(collected: list[Collected]) -> tuple[dict[int, Answer], dict[int, str]]:
    answers = list(chain.from_iterable(each.batch.answers for each in collected))
    left: list[tuple[Question, str]] = list(chain.from_iterable(each.left.items() for each in collected))
    ids = [answer.question_id for answer in answers] + [question.id for question, _ in left]
    assert len(ids) == len(set(ids)), "a role appeared twice"
    return {answer.question_id: answer for answer in answers}, {question.id: reason for question, reason in left}


def test_a_batch_is_submitted_polled_and_collected_at_half_the_price(server: ClaudeServer) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(9))
    batch_id = asking.submit(submission)
    begun = asking.poll(batch_id)
    assert begun
    assert not begun.ended
    server.batches.end()
    state = asking.poll(batch_id)
    assert state
    assert (state.ended, state.counts["succeeded"]) == (True, 3)

    collected = list(asking.collect(batch_id, submission))
    answers, left = gathered(collected)
    assert set(answers) == set(range(1, 10))
    assert left == {}
    for number, answer in answers.items():
        assert answer.method is Method.CLAUDE
        assert answer.code in {candidate.code for candidate in questions(9)[number - 1].candidates}
    usage = collected[0].batch.usage
    assert usage.cost_usd == pytest.approx((usage.input_tokens * 0.10 + usage.output_tokens * 0.50) / 2e6)
    assert server.refused == []


@pytest.mark.parametrize("outcome", ["errored", "expired", "canceled"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_a_batch_did_not_answer_is_left_with_the_reason(server: ClaudeServer, outcome: str, place: int) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(9))
    server.batches.outcomes[submission.custom_id(place)] = outcome
    batch_id = asking.submit(submission)
    server.batches.end()
    answers, left = gathered(list(asking.collect(batch_id, submission)))
    assert set(left) == {question.id for question in submission.requests[place]}
    assert set(answers) | set(left) == set(range(1, 10))
    assert all(outcome in reason for reason in left.values())


def test_answers_in_a_batch_are_checked_like_any_other(server: ClaudeServer) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(3))
    first = questions(1)[0].candidates[0].code
    wrong = [{"id": 1, "reasoning": "", "code": first, "confidence": "HIGH"}, {"id": 2, "code": "99-9999.00"}]
    server.batches.replies[submission.custom_id(0)] = json.dumps({"answers": wrong})
    batch_id = asking.submit(submission)
    server.batches.end()
    (collected,) = asking.collect(batch_id, submission)
    answers, left = gathered([collected])
    assert (set(answers), set(left)) == ({1}, {2, 3})
    assert collected.batch.usage.out_of_list_answers == 1


def test_planning_again_names_a_submission_the_same_and_another_otherwise(server: ClaudeServer) -> None:
    asking = batches_for(server)
    assert asking.plan(questions(9)) == asking.plan(questions(9))
    assert asking.plan(questions(9))[0].name != asking.plan(questions(8))[0].name
    assert asking.plan([]) == asking.plan([Question(1, "zzz", ())]) == []


def test_a_plan_keeps_to_the_limits_of_requests_and_bytes(
    server: ClaudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = batches_for(server)
    monkeypatch.setattr(claude_batches, "MOST_REQUESTS", 2)
    assert [len(submission.requests) for submission in asking.plan(questions(15))] == [2, 2, 1]
    monkeypatch.setattr(claude_batches, "MOST_BYTES", 10)
    assert [len(submission.requests) for submission in asking.plan(questions(9))] == [1, 1, 1]


def test_a_batch_whose_id_was_lost_is_found_once_it_has_ended(server: ClaudeServer) -> None:
    asking = batches_for(server)
    (submission,), (other,) = asking.plan(questions(9)), asking.plan(questions(8))
    began = now()
    assert asking.find(submission, began).absent
    lost, _ = asking.submit(submission), asking.submit(other)
    finding = asking.find(submission, began)
    assert not finding.absent
    assert lost in finding.undecided
    server.batches.end()
    assert asking.find(submission, began).found == lost
    assert asking.find(submission, now() + timedelta(hours=1)).absent


def test_a_submission_is_never_sent_twice_by_itself(server: ClaudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(3))
    create = server.batches.create

    def accepted_but_unheard(body: Any, url: str) -> dict[str, Any]:
        create(body, url)
        raise OSError("the answer is lost on the way")

    monkeypatch.setattr(server.batches, "create", accepted_but_unheard)
    began = now()
    with pytest.raises(MapperUnavailable):
        asking.submit(submission)
    assert len(server.batches.submitted) == 1
    assert not asking.find(submission, began).absent


def test_a_cancelled_batch_still_gives_what_was_processed(server: ClaudeServer) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(6))
    batch_id = asking.submit(submission)
    assert asking.cancel(batch_id).status == "canceling"
    server.batches.outcomes[submission.custom_id(1)] = "canceled"
    server.batches.end()
    answers, left = gathered(list(asking.collect(batch_id, submission)))
    assert (len(answers), len(left)) == (3, 3)


def test_a_wrong_key_or_model_is_refused_when_submitting(server: ClaudeServer) -> None:
    (submission,) = batches_for(server).plan(questions(3))
    with pytest.raises(MapperRefused, match="ANTHROPIC_API_KEY"):
        batches_for(server, api_key="wrong").submit(submission)
    with pytest.raises(MapperRefused, match="claude-unheard-of"):
        batches_for(server, model="claude-unheard-of").submit(submission)


def test_batches_of_other_submissions_and_of_another_hour_are_not_waited_for(server: ClaudeServer) -> None:
    asking = batches_for(server)
    (submission,) = asking.plan(questions(9))
    began = now()
    other = asking.submit(submission)
    assert asking.find(submission, began).undecided == (other,)
    assert asking.find(submission, began, others={other}).absent
    assert asking.find(submission, began - timedelta(hours=2)).absent
