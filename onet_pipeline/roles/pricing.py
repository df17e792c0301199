"""What tokens cost.

Belongs here: the price table, reading another one, dollars of a usage. Does not: estimating tokens.

https://platform.claude.com/docs/en/about-claude/pricing
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.records import Usage

_MILLION = 1_000_000
_DATED = re.compile(r"-\d{8}$")
_RATES = ("input", "output", "cache_read", "cache_write", "batch")


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars per million tokens; the three rates multiply them.

    A cached token is read at a tenth of ``input`` and written (for 5 minutes) at 1.25 of it; a Message Batch costs
    half. All as documented in November 2026.
    """

    input: float
    output: float
    cache_read: float = 0.1
    cache_write: float = 1.25
    batch: float = 0.5

    def dollars(self, usage: Usage, *, batch: bool = False) -> float:
        """Return what the tokens of ``usage`` cost."""
        read = self.cache_read * usage.cache_read_tokens + self.cache_write * usage.cache_write_tokens
        dollars = (self.input * (usage.input_tokens + read) + self.output * usage.output_tokens) / _MILLION
        return dollars * (self.batch if batch else 1.0)


# As documented in November 2026. Prices change: ONET_PRICES names a file that overrides them.
PUBLISHED = {
    "claude-haiku-5-5": Price(0.10, 0.50),
    "claude-sonnet-5-5": Price(2.0, 10.0),
    "claude-opus-5-5": Price(4.0, 20.0),
}


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by model name."""

    prices: Mapping[str, Price] = field(default_factory=lambda: dict(PUBLISHED))

    def priced(self, usage: Usage, model: str, *, batch: bool = False) -> Usage:
        """Return the usage with its cost; None for a model without a price, since unknown is not free."""
        price = self.prices.get(model) or self.prices.get(_DATED.sub("", model))
        return replace(usage, cost_usd=None if price is None else price.dollars(usage, batch=batch))


def read_prices(path: Path | None) -> PriceTable:
    """Return the published prices with those of a JSON file over them: ``{"model": {"input": 0.1, "output": 0.5}}``.

    Raises:
        SettingsError: the file cannot be read as such a table.
    """
    if path is None:
        return PriceTable()
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        given = {str(model): Price(**_rates(rates)) for model, rates in listed.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"The price table {path} cannot be used ({error}). It must be a JSON object such as "
            '{"claude-haiku-5-5": {"input": 0.10, "output": 0.50}}, in US dollars per million tokens.'
        ) from error
    return PriceTable({**PUBLISHED, **given})


def _rates(rates: Mapping[str, object]) -> dict[str, float]:
    for name, value in rates.items():
        if name not in _RATES or isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ValueError(f"{name!r} must be one of {', '.join(_RATES)} with a number of at least 0")
    return {name: float(value) for name, value in rates.items() if isinstance(value, int | float)}


def token_usage(usage: Any) -> Usage:
    """Return the tokens that the API counted; input excludes what was read from or written to the cache."""
    return Usage(
        input_tokens=usage.input_tokens or 0,
        output_tokens=usage.output_tokens or 0,
        cache_read_tokens=usage.cache_read_input_tokens or 0,
        cache_write_tokens=usage.cache_creation_input_tokens or 0,
    )
