"""Keeping to requests and tokens per minute, as the API states them.

Belongs here: waiting before a call, learning limits from headers. Does not: sending, or retrying (the SDK does).
Rate-limit libraries know one fixed limit; here the limits are the server's and change under way.

https://platform.claude.com/docs/en/api/rate-limits
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

LONGEST_PAUSE = 120.0
_REQUESTS, _INPUT, _OUTPUT = "requests", "input-tokens", "output-tokens"


class _Bucket:
    """What is left of one limit; it refills evenly, the whole limit in a minute."""

    def __init__(self, limit: float, level: float, at: float) -> None:
        self.limit, self.level, self.at = limit, level, at

    def refill(self, at: float) -> None:
        self.level = min(self.limit, self.level + (at - self.at) * self.limit / 60)
        self.at = at

    def wait(self, need: float) -> float:
        """Seconds until ``need`` is there; a need beyond the whole limit waits for a full bucket."""
        return max(0.0, min(need, self.limit) - self.level) * 60 / self.limit


class RateLimiter:
    """Lets calls through no faster than the limits learnt so far; knows none at first, unless told.

    ``clock`` returns seconds, ``sleep`` waits for seconds; tests put in their own.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._buckets: dict[str, _Bucket] = {}
        self._ceilings = {_REQUESTS: requests_per_minute, _INPUT: tokens_per_minute}
        self._paused_until = 0.0
        self._turn = asyncio.Lock()
        for name, limit in self._ceilings.items():
            if limit is not None:
                self._buckets[name] = _Bucket(limit, limit, clock())

    async def acquire(self, input_tokens: int) -> None:
        """Wait until a call of about so many input tokens may go; calls go in the order in which they came."""
        needs = {_REQUESTS: 1.0, _INPUT: float(input_tokens), _OUTPUT: 1.0}
        async with self._turn:
            while (wait := self._wait(needs)) > 0:
                await self._sleep(wait)
            for name, bucket in self._buckets.items():
                bucket.level -= needs[name] if name != _OUTPUT else 0.0

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take limits, what remains of them and ``retry-after`` from the headers of a response."""
        for name in (_REQUESTS, _INPUT, _OUTPUT):
            limit = _number(headers.get(f"anthropic-ratelimit-{name}-limit"))
            remaining = _number(headers.get(f"anthropic-ratelimit-{name}-remaining"))
            if limit and remaining is not None:
                self._set(name, limit, remaining)
        if pause := retry_after(headers):
            self._paused_until = max(self._paused_until, self._clock() + min(pause, LONGEST_PAUSE))

    def _set(self, name: str, limit: float, remaining: float) -> None:
        ceiling = self._ceilings.get(name)
        limit = min(limit, ceiling) if ceiling else limit
        now = self._clock()
        bucket = self._buckets.setdefault(name, _Bucket(limit, remaining, now))
        bucket.refill(now)
        bucket.limit = limit
        # The lower of both: what we count includes calls that the server has not yet seen.
        bucket.level = min(bucket.level, remaining)

    def _wait(self, needs: Mapping[str, float]) -> float:
        now = self._clock()
        waits = [self._paused_until - now]
        for name, bucket in self._buckets.items():
            bucket.refill(now)
            waits.append(bucket.wait(needs[name]))
        return max(waits)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait, None where it does not, or not in seconds."""
    return _number(headers.get("retry-after"))


def _number(value: str | None) -> float | None:
    """A header as a number; an HTTP date or nonsense is no number, and the SDK still minds its own wait."""
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < float("inf") else None
