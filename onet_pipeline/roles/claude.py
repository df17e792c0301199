"""The mapper that asks Claude.

Belongs here: the SDK (the only file that imports it), one call and its errors, batches under way at once. Does not:
the wording (``prompt``), the policy around a call (``asking``), settings and storage.

https://platform.claude.com/docs/en/api/sdks/python
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from onet_pipeline.errors import MapperRefused, MapperUnavailable, SettingsError
from onet_pipeline.roles.asking import Asking, CallFailed, Reply, Run
from onet_pipeline.roles.estimate import about_tokens, expected_usage, sample
from onet_pipeline.roles.grouping import grouped
from onet_pipeline.roles.landing import Emit, as_it_lands
from onet_pipeline.roles.layouts import CandidateLayout, Layout, message_params
from onet_pipeline.roles.limiter import RateLimiter, retry_after
from onet_pipeline.roles.mapper import CandidateSearch, DecisionKey, decision_key, fallback
from onet_pipeline.roles.pricing import PriceTable, token_usage
from onet_pipeline.roles.prompt import PROMPT_VERSION, plain
from onet_pipeline.roles.records import Answer, AnsweredBatch, Candidate, Question, Usage
from onet_pipeline.roles.refusals import refusal
from onet_pipeline.roles.second_look import is_doubtful

if TYPE_CHECKING:
    import anthropic

NO_CANDIDATE = "search found no candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long and how often to try: per attempt and call in seconds, retries of the SDK, failed batches in a row."""

    timeout: float = 120.0
    longest_call: float = 600.0
    max_retries: int = 2
    failed_batches: int = 10


class ClaudeMapper:
    """Asks Claude, ``batch_size`` roles a call and ``concurrency`` calls at once.

    ``search`` finds the wider list for the second look (40 in place of 20 candidates raise recall on unseen titles
    from .92 to .94 for H-2B, from .83 to .89 for ESCO); without it that look only changes the order.
    ``limiter`` makes the limiter of a run.

    Raises:
        SettingsError: the key cannot be a key.
    """

    name = "claude"

    def __init__(
        self,
        *,
        api_key: str,
        model: str = "claude-haiku-5-5",
        base_url: str | None = None,
        batch_size: int = 12,
        concurrency: int = 8,
        layout: Layout | None = None,
        second_look: bool = True,
        search: CandidateSearch | None = None,
        wider: int = 40,
        effort: str | None = None,
        patience: Patience | None = None,
        prices: PriceTable | None = None,
        limiter: Callable[[], RateLimiter] = RateLimiter,
    ) -> None:
        self._api_key, self._base_url = usable_key(api_key), base_url
        self._model, self._effort = model, effort
        self._batch_size, self._concurrency = batch_size, concurrency
        self._layout = layout or CandidateLayout()
        self._second_look, self._search, self._wider = second_look, search, wider
        self._patience = patience or Patience()
        self._prices = prices or PriceTable()
        self._limiter = limiter

    @property
    def model(self) -> str:
        """The Claude model asked."""
        return self._model

    @property
    def version(self) -> str:
        """The prompt's version, with that of the catalogue where it is shown."""
        return "/".join(filter(None, [PROMPT_VERSION, self._layout.version]))

    def decision_key(self, question: Question) -> DecisionKey | None:
        """Return the key of the decision; None for a question that costs nothing because it is never put."""
        if not self._layout.allows(question):
            return None
        looks = "two looks" if self._second_look else "one look"
        settings = (self.name, self.model, self.version, self._layout.name, self._effort or "", looks)
        key = decision_key(question, *settings)
        return key if self._layout.shows_candidates else replace(key, question=None)

    def estimate(self, questions: Sequence[Question]) -> Usage:
        """Return about what answering would take, from a sample of the requests as they would be, without asking.

        Every role is counted as looked at twice where that is on, so it errs upwards, faults apart.
        """
        groups = grouped([question for question in questions if self._layout.allows(question)], self._batch_size)
        some = sample(groups)
        looks = [[self._layout.request(group, 1) for group in some]]
        if self._second_look:
            looks.append([self._layout.request(self._widened(group), 2) for group in some])
        roles = sum(map(len, groups))
        expected = (expected_usage(requests, len(groups), roles) for requests in looks)
        return sum((self._prices.priced(usage, self._model) for usage in expected), Usage())

    def answer(self, questions: Sequence[Question]) -> Generator[AnsweredBatch]:
        """Yield batches as they land; over all of them every question is answered once.

        Raises:
            MapperRefused: key, model or bill; raised once the calls under way have landed and been yielded.
            MapperUnavailable: too many batches in a row brought no answer, and questions are left.
        """
        askable = [question for question in questions if self._layout.allows(question)]
        idle = [question for question in questions if not self._layout.allows(question)]
        if idle:
            yield AnsweredBatch(tuple(fallback(question, NO_CANDIDATE) for question in idle))
        if askable:
            batches = grouped(askable, self._batch_size)
            yield from as_it_lands(partial(self._run, batches))

    async def _run(self, batches: Sequence[Sequence[Question]], emit: Emit[AnsweredBatch]) -> None:
        async with connect(self._api_key, self._base_url, self._patience) as client:
            limiter = self._limiter()
            call = _Call(client, self._model, self._effort, self._layout, limiter, self._prices, self._patience)
            asking = Asking(call, self._layout.codes)
            run = Run(asking, self._doubts, self._widened, emit, failed_batches=self._patience.failed_batches)
            left = deque(batches)
            if self._layout.warms_up:
                await run.work(left, most=1)
            await asyncio.gather(*(run.work(left) for _ in range(min(self._concurrency, len(left)))))
            if run.stopped:
                raise run.stopped

    def _doubts(self, question: Question, answer: Answer) -> bool:
        return self._second_look and is_doubtful(question, answer)

    def _widened(self, questions: Sequence[Question]) -> list[Question]:
        """Give each question the wider list, its own candidates first; search may be a release ahead of them."""
        if self._search is None:
            return list(questions)
        found = self._search.search([question.role for question in questions], self._wider)
        return [_with_more(question, more) for question, more in zip(questions, found, strict=True)]


def _with_more(question: Question, more: Sequence[Candidate]) -> Question:
    known = {candidate.code for candidate in question.candidates}
    return replace(question, candidates=(*question.candidates, *(each for each in more if each.code not in known)))


def usable_key(api_key: str) -> str:
    """Return the key without space around it.

    Raises:
        SettingsError: it is blank, or holds signs that no header may; errors of the HTTP library would show it.
    """
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or not key or " " in key:
        raise SettingsError(
            "ANTHROPIC_API_KEY is not a key: it is blank, or holds spaces or unusual signs. Set it anew."
        )
    return key


def connect(api_key: str, base_url: str | None, patience: Patience) -> "anthropic.AsyncAnthropic":
    """Return a client of the API; close it."""
    from anthropic import AsyncAnthropic

    return AsyncAnthropic(
        api_key=api_key, base_url=base_url, timeout=patience.timeout, max_retries=patience.max_retries
    )


def connect_blocking(api_key: str, base_url: str | None, patience: Patience) -> "anthropic.Anthropic":
    """Return a client for callers without an event loop; close it."""
    from anthropic import Anthropic

    return Anthropic(api_key=api_key, base_url=base_url, timeout=patience.timeout, max_retries=patience.max_retries)


@contextmanager
def named_errors(model: str) -> Iterator[None]:
    """Raise the SDK's errors as ours: ``MapperRefused`` where no call can succeed, else ``MapperUnavailable``."""
    from anthropic import AnthropicError, APIStatusError
    from httpx2 import HTTPError  # the SDK passes on what breaks a stream of results

    try:
        yield
    except APIStatusError as error:
        reason = f"Claude answered with status {error.status_code} ({_said(error)}). Try later."
        raise _refusal(error, model) or MapperUnavailable(reason) from error
    except (AnthropicError, HTTPError, json.JSONDecodeError) as error:
        raise MapperUnavailable(f"{_unreached(error)}. Try later.") from error


def unknown_to_the_api() -> type[Exception]:
    """Return the SDK's error for what the API does not know."""
    from anthropic import NotFoundError

    return NotFoundError


_attempts: ContextVar[list[int]] = ContextVar("attempts")


class _Call:
    """One call over the SDK, which retries by itself; every attempt teaches the limiter."""

    def __init__(
        self,
        client: "anthropic.AsyncAnthropic",
        model: str,
        effort: str | None,
        layout: Layout,
        limiter: RateLimiter,
        prices: PriceTable,
        patience: Patience,
    ) -> None:
        self._client = client.with_options(middleware=[self._attempt])
        self._model, self._effort, self._layout = model, effort, layout
        self._limiter, self._prices, self._patience = limiter, prices, patience
        self._answered = False

    async def __call__(self, questions: Sequence[Question], look: int) -> Reply:
        """Put the questions once; see ``asking.Call``."""
        from anthropic import AnthropicError, APIStatusError

        params = message_params(questions, self._layout, self._model, self._effort, look)
        await self._limiter.acquire(about_tokens(len(str(params))))
        attempts: list[int] = []
        _attempts.set(attempts)
        try:
            async with asyncio.timeout(self._patience.longest_call):
                message = await self._client.messages.create(**params)
        except APIStatusError as error:
            raise self._judged(error, _spent(attempts)) from error
        except TimeoutError as error:
            reason = f"no answer from Claude within {self._patience.longest_call:g} s"
            raise CallFailed(reason, _spent(attempts)) from error
        except AnthropicError as error:
            raise CallFailed(_unreached(error), _spent(attempts)) from error
        except ValueError as error:
            raise CallFailed(f"Claude's reply is not JSON ({plain(str(error), 60)})", _spent(attempts)) from error
        return self._reply(message, _spent(attempts))

    async def _attempt(self, request: Any, call_next: Callable[[Any], Any]) -> Any:
        _attempts.get().append(request.retries_taken)
        response = await call_next(request)
        self._limiter.learn(response.headers)
        if (retry_after(response.headers) or 0) > self._patience.longest_call:
            # The SDK would sit it out; this header is how it is told not to.
            response.http_response.headers["x-should-retry"] = "false"
        return response

    def _reply(self, message: object, spent: Usage) -> Reply:
        """Read a message, usage first: a proxy may answer 200 with something else."""
        content, usage = getattr(message, "content", None), getattr(message, "usage", None)
        if usage is None or not isinstance(content, list):
            raise CallFailed("what came back is not a message of the Claude API", spent)
        self._answered = True
        text = "".join(block.text for block in content if block.type == "text")
        counted = replace(token_usage(usage), calls=spent.calls, retries=spent.retries)
        return Reply(text, getattr(message, "stop_reason", "") or "", self._prices.priced(counted, self._model))

    def _judged(self, error: "anthropic.APIStatusError", spent: Usage) -> Exception:
        if refused := _refusal(error, self._model):
            return refused
        # Too long, or odd in one role: halving finds it. Before any call went well it would only repeat a refusal.
        isolate = error.status_code == 413 or (error.status_code == 400 and self._answered)
        reason = f"Claude answered with status {error.status_code} ({_said(error)})"
        return CallFailed(reason, spent, isolate=isolate)


def _spent(attempts: Sequence[int]) -> Usage:
    return Usage(calls=1, retries=max(0, len(attempts) - 1))


def _refusal(error: "anthropic.APIStatusError", model: str) -> MapperRefused | None:
    return refusal(error.status_code, error.type, error.error_code, _said(error), model)


def _said(error: "anthropic.APIStatusError") -> str:
    return plain(error.api_message or "", 200)


def _unreached(error: Exception) -> str:
    """Say that there was no answer and, by the name of its cause, why."""
    cause = f", {type(error.__cause__).__name__}" if error.__cause__ else ""
    return f"Claude could not be reached ({plain(str(error), 60)}{cause})"
