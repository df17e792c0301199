import asyncio
from collections.abc import Iterator

import pytest

from onet_pipeline.roles.limiter import LONGEST_PAUSE, RateLimiter
from onet_pipeline_tests.support.claude_api import ClaudeServer
from onet_pipeline_tests.support.claude_runs import by_id, mapper_for
from onet_pipeline_tests.support.questions import questions


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def limiter_on(time: Time, requests: int | None = None, tokens: int | None = None) -> RateLimiter:
    return RateLimiter(requests_per_minute=requests, tokens_per_minute=tokens, clock=time.clock, sleep=time.sleep)


def seconds_for(limiter: RateLimiter, time: Time, calls: int, tokens: int = 1) -> float:
    async def acquire_all() -> None:
        for _ in range(calls):
            await limiter.acquire(tokens)

    began = time.now
    asyncio.run(acquire_all())
    return time.now - began


def rates(name: str, limit: int, remaining: int) -> dict[str, str]:
    head = f"anthropic-ratelimit-{name}"
    return {f"{head}-limit": str(limit), f"{head}-remaining": str(remaining), f"{head}-reset": "2026-11-22T10:00:00Z"}


def test_nothing_known_means_no_waiting(time: Time) -> None:
    assert seconds_for(limiter_on(time), time, calls=1_000, tokens=10_000) == 0


def test_sixty_requests_a_minute_let_another_sixty_through_in_a_minute(time: Time) -> None:
    limiter = limiter_on(time, requests=60)
    assert seconds_for(limiter, time, calls=60) == 0
    assert seconds_for(limiter, time, calls=60) == pytest.approx(60)


def test_tokens_are_counted_as_well_as_requests(time: Time) -> None:
    limiter = limiter_on(time, tokens=60_000)
    assert seconds_for(limiter, time, calls=60, tokens=2_000) == pytest.approx(60)


def test_a_call_larger_than_the_whole_limit_waits_for_a_full_minute_and_goes(time: Time) -> None:
    limiter = limiter_on(time, tokens=1_000)
    assert seconds_for(limiter, time, calls=2, tokens=5_000) < 60 * 10


def test_limits_are_learnt_from_the_headers_of_a_response(time: Time) -> None:
    limiter = limiter_on(time)
    limiter.learn(rates("requests", limit=30, remaining=0))
    assert seconds_for(limiter, time, calls=1) == pytest.approx(2)


def test_when_no_output_tokens_remain_calls_wait(time: Time) -> None:
    limiter = limiter_on(time)
    limiter.learn(rates("output-tokens", limit=60, remaining=0))
    assert seconds_for(limiter, time, calls=1) == pytest.approx(1)


def test_a_limit_of_our_own_is_kept_below_that_of_the_server(time: Time) -> None:
    limiter = limiter_on(time, requests=6)
    limiter.learn(rates("requests", limit=6_000, remaining=6_000))
    assert seconds_for(limiter, time, calls=12) == pytest.approx(60)


def test_retry_after_holds_everybody_but_not_for_ever(time: Time) -> None:
    limiter = limiter_on(time)
    limiter.learn({"retry-after": "7"})
    assert seconds_for(limiter, time, calls=3) == pytest.approx(7)
    limiter.learn({"retry-after": "86400"})
    assert seconds_for(limiter, time, calls=3) == pytest.approx(LONGEST_PAUSE)


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_headers_that_make_no_sense_are_passed_over(time: Time, value: str) -> None:
    limiter = limiter_on(time)
    head = "anthropic-ratelimit-requests"
    limiter.learn({"retry-after": value, f"{head}-limit": value, f"{head}-remaining": value})
    assert seconds_for(limiter, time, calls=10) == 0


@pytest.fixture
def server() -> Iterator[ClaudeServer]:
    with ClaudeServer() as running:
        yield running


def test_the_mapper_slows_down_when_the_server_says_that_little_is_left(server: ClaudeServer, time: Time) -> None:
    server.rate_headers = rates("requests", limit=60, remaining=0)
    mapper = mapper_for(server, batch_size=1, concurrency=1, limiter=lambda: limiter_on(time))
    assert len(by_id(mapper.answer(questions(5)))) == 5
    assert time.now - 1_000.0 == pytest.approx(4, abs=0.1)
