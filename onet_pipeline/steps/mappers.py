"""Which mapper the settings mean.

Belongs here: from settings to a mapper, Claude or lexical. Does not: how one decides (``roles``).
"""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from onet_pipeline.errors import SettingsError
from onet_pipeline.onet.records import Occupation
from onet_pipeline.roles.lexical import LexicalMapper
from onet_pipeline.roles.mapper import CandidateSearch, Mapper
from onet_pipeline.roles.records import Question, Usage
from onet_pipeline.settings import Settings

if TYPE_CHECKING:
    from onet_pipeline.roles.claude_batches import ClaudeBatches


def asks_claude(settings: Settings) -> bool:
    """Say whether Claude chooses; ``auto`` means: where there is a key."""
    return settings.mapper == "claude" or (settings.mapper == "auto" and settings.anthropic_api_key is not None)


def make_mapper(
    settings: Settings, *, search: CandidateSearch | None = None, occupations: Sequence[Occupation] = ()
) -> Mapper:
    """Make the mapper of the settings.

    ``search`` widens the list for Claude's second look; ``occupations`` are those of the catalogue strategy.

    Raises:
        SettingsError: Claude is asked for and there is no key, or the price table cannot be read.
    """
    if not asks_claude(settings):
        return LexicalMapper()
    from onet_pipeline.roles.claude import ClaudeMapper
    from onet_pipeline.roles.limiter import RateLimiter

    return ClaudeMapper(
        **_claude(settings, occupations),
        model=settings.model,
        concurrency=settings.concurrency,
        # A batch gives one look, so that what it decided and what is asked beside it have the same fingerprint.
        second_look=settings.second_look and settings.claude_mode == "calls",
        search=search,
        limiter=partial(
            RateLimiter,
            requests_per_minute=settings.requests_per_minute,
            tokens_per_minute=settings.tokens_per_minute,
        ),
    )


def make_batches(settings: Settings, model: str | None, occupations: Sequence[Occupation] = ()) -> "ClaudeBatches":
    """Make what submits and collects Message Batches; ``model`` is the one that a batch was or will be put to.

    Raises:
        SettingsError: there is no key, or the price table cannot be read.
    """
    from onet_pipeline.roles.claude_batches import ClaudeBatches

    return ClaudeBatches(**_claude(settings, occupations), model=model or settings.model)


def _claude(settings: Settings, occupations: Sequence[Occupation]) -> dict[str, Any]:
    """Return what both ways of asking Claude share."""
    if settings.anthropic_api_key is None:
        raise SettingsError("ONET_MAPPER is claude and there is no ANTHROPIC_API_KEY: set it, or ONET_MAPPER=lexical.")
    from onet_pipeline.roles.layouts import CandidateLayout, CatalogueLayout
    from onet_pipeline.roles.pricing import read_prices

    return {
        "api_key": settings.anthropic_api_key.get_secret_value(),
        "base_url": settings.anthropic_base_url,
        "batch_size": settings.batch_size,
        "layout": CatalogueLayout(tuple(occupations)) if settings.strategy == "catalogue" else CandidateLayout(),
        "effort": settings.effort,
        "prices": read_prices(settings.prices),
    }


def expected_usage(mapper: Mapper, questions: Sequence[Question]) -> Usage | None:
    """Return about what answering would take, erring upwards; None for a mapper that costs nothing."""
    from onet_pipeline.roles.claude import ClaudeMapper

    return mapper.estimate(questions) if isinstance(mapper, ClaudeMapper) else None
