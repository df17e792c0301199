"""Which mapper the settings mean.

Belongs here: from settings to a mapper, Claude or lexical. Does not: how one decides (``roles``).
"""

from collections.abc import Sequence

from onet_pipeline.errors import SettingsError
from onet_pipeline.onet.records import Occupation
from onet_pipeline.roles.lexical import LexicalMapper
from onet_pipeline.roles.mapper import CandidateSearch, Mapper
from onet_pipeline.roles.records import Question, Usage
from onet_pipeline.settings import Settings


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
    if settings.anthropic_api_key is None:
        raise SettingsError("ONET_MAPPER is claude and there is no ANTHROPIC_API_KEY: set it, or ONET_MAPPER=lexical.")
    from onet_pipeline.roles.claude import ClaudeMapper
    from onet_pipeline.roles.layouts import CandidateLayout, CatalogueLayout
    from onet_pipeline.roles.pricing import read_prices

    return ClaudeMapper(
        api_key=settings.anthropic_api_key.get_secret_value(),
        base_url=settings.anthropic_base_url,
        model=settings.model,
        batch_size=settings.batch_size,
        concurrency=settings.concurrency,
        layout=CatalogueLayout(tuple(occupations)) if settings.strategy == "catalogue" else CandidateLayout(),
        second_look=settings.second_look,
        search=search,
        prices=read_prices(settings.prices),
    )


def expected_usage(mapper: Mapper, questions: Sequence[Question]) -> Usage | None:
    """Return about what answering would take, erring upwards; None for a mapper that costs nothing."""
    from onet_pipeline.roles.claude import ClaudeMapper

    return mapper.estimate(questions) if isinstance(mapper, ClaudeMapper) else None
