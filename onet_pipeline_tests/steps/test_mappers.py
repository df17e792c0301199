"""From settings to what asks Claude."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from onet_pipeline.roles.claude import ClaudeMapper
from onet_pipeline.settings import Settings
from onet_pipeline.steps.mappers import make_mapper
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.questions import question, questions


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


def mapper_of(server: ClaudeServer, **told: Any) -> ClaudeMapper:
    key = SecretStr(server.key)
    settings = Settings(mapper="claude").model_copy(
        update={"anthropic_api_key": key, "anthropic_base_url": server.url, **told}
    )
    mapper = make_mapper(settings)
    assert isinstance(mapper, ClaudeMapper)
    return mapper


def test_effort_is_sent_and_is_part_of_the_decision(server: ClaudeServer) -> None:
    low = mapper_of(server, effort="low")
    list(low.answer(questions(1)))
    assert server.calls[0].body["output_config"]["effort"] == "low"
    assert low.decision_key(question(1)) != mapper_of(server).decision_key(question(1))


def test_calls_and_batches_of_one_look_share_their_decisions(server: ClaudeServer) -> None:
    batch, one_look = mapper_of(server, claude_mode="batch"), mapper_of(server, second_look=False)
    assert batch.decision_key(question(1)) == one_look.decision_key(question(1))
    assert batch.decision_key(question(1)) != mapper_of(server).decision_key(question(1))


@pytest.mark.parametrize("told", [{"requests_per_minute": 2}, {"tokens_per_minute": 1_500}])
def test_a_limit_that_is_set_holds_where_the_api_states_none(
    server: ClaudeServer, monkeypatch: pytest.MonkeyPatch, told: dict[str, int]
) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    limiter = mapper_of(server, **told)._limiter()
    monkeypatch.setattr(limiter, "_sleep", noted)

    async def three() -> None:
        for _ in range(3):
            await asyncio.wait_for(limiter.acquire(1_000), 1)

    with pytest.raises(TimeoutError):
        asyncio.run(three())
    assert max(waited) > 10
