import json
from pathlib import Path

import pytest

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.pricing import PriceTable, read_prices
from onet_pipeline.roles.records import Usage

MILLION = 1_000_000


def cost(usage: Usage, model: str = "claude-haiku-5-5", *, batch: bool = False) -> float | None:
    return PriceTable().priced(usage, model, batch=batch).cost_usd


def test_a_million_tokens_cost_what_the_table_says() -> None:
    assert cost(Usage(input_tokens=MILLION)) == pytest.approx(0.10)
    assert cost(Usage(output_tokens=MILLION)) == pytest.approx(0.50)
    assert cost(Usage(cache_read_tokens=MILLION)) == pytest.approx(0.01)
    assert cost(Usage(cache_write_tokens=MILLION)) == pytest.approx(0.125)
    assert cost(Usage(input_tokens=MILLION, output_tokens=MILLION), "claude-opus-5-5") == pytest.approx(24.0)


def test_a_message_batch_costs_half() -> None:
    assert cost(Usage(input_tokens=MILLION), batch=True) == pytest.approx(0.05)


def test_a_dated_model_costs_what_its_family_costs() -> None:
    assert cost(Usage(input_tokens=MILLION), "claude-haiku-5-5-20261001") == pytest.approx(0.10)


def test_an_unknown_model_has_no_cost_rather_than_none() -> None:
    assert cost(Usage(input_tokens=MILLION), "claude-unheard-of") is None
    assert (Usage(cost_usd=None) + Usage(cost_usd=1.0)).cost_usd is None


def test_a_file_overrides_and_adds_prices(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps({"claude-haiku-5-5": {"input": 1, "output": 2}, "mine": {"input": 3, "output": 4}}))
    table = read_prices(file)
    assert table.priced(Usage(input_tokens=MILLION), "claude-haiku-5-5").cost_usd == pytest.approx(1)
    assert table.priced(Usage(output_tokens=MILLION), "mine").cost_usd == pytest.approx(4)
    assert table.priced(Usage(input_tokens=MILLION), "claude-opus-5-5").cost_usd == pytest.approx(4)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"m": 1}',
        '{"m": {"input": 1}}',
        '{"m": {"input": "1", "output": 2}}',
        '{"m": {"input": -1, "output": 2}}',
    ],
)
def test_a_price_table_that_is_none_is_refused_with_its_name(tmp_path: Path, content: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(content)
    with pytest.raises(SettingsError, match=r"prices\.json"):
        read_prices(file)


def test_a_price_table_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.json"):
        read_prices(tmp_path / "gone.json")
