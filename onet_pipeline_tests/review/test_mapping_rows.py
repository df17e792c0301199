"""Mappings as files: columns, formats, and formulas that do nothing."""

import csv
import io
import json

import pytest
from pyarrow import BufferReader, parquet  # type: ignore[import-untyped]

from onet_pipeline.review.mapping_rows import mapping_rows
from onet_pipeline.review.tables import FORMATS, Row, delimited_bytes
from onet_pipeline.roles.records import ConfidenceTier
from onet_pipeline_tests.support.mapped import MOMENT, TAXONOMY, mapping


def rows(*roles: str) -> list[Row]:
    return mapping_rows([mapping(role) for role in roles], TAXONOMY)


def test_a_row_has_the_groups_of_its_code_by_digits() -> None:
    (row,) = rows("RN")
    groups = {name: value for name, value in row.items() if name.startswith("soc_")}
    assert groups == {
        "soc_6": "29-1141",
        "soc_6_title": "Registered Nurses",
        "soc_5": "29-1140",
        "soc_5_title": "Registered Nurses",
        "soc_3": "29-1000",
        "soc_3_title": "Healthcare Diagnosing or Treating Practitioners",
        "soc_2": "29-0000",
        "soc_2_title": "Healthcare Practitioners and Technical Occupations",
    }


def test_a_role_without_occupation_has_no_groups() -> None:
    (row,) = mapping_rows([mapping("?", None, confidence=ConfidenceTier.LOW)], TAXONOMY)
    assert {value for name, value in row.items() if name.startswith(("soc_", "onet_code", "onet_title"))} == {None}


def test_what_a_reviewer_chose_stands_with_its_own_title_and_groups() -> None:
    confirmed = mapping("RN", user_confirmed=True, confirmed_code="33-3051.00", confirmed_by="Kim", confirmed_at=MOMENT)
    (row,) = mapping_rows([confirmed], TAXONOMY)
    assert (row["onet_code"], row["onet_title"]) == ("33-3051.00", "Police Patrol Officers")
    assert row["soc_2"] == "33-0000"


def test_a_code_that_a_reviewer_rejected_is_no_answer() -> None:
    (row,) = mapping_rows([mapping("RN", rejected_code="29-1141.00")], TAXONOMY)
    assert (row["onet_code"], row["onet_title"], row["soc_2"]) == (None, None, None)


@pytest.mark.parametrize("role", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_is_inert_in_delimited_files(role: str) -> None:
    text = delimited_bytes(rows(role), ",").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["role"] == f"'{role}"


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_format_holds_every_row_and_survives_what_cannot_be_written(suffix: str) -> None:
    content = FORMATS[suffix](rows("RN", 'a "b", c', "line\nbreak", "Çağrı 護士", "\x00\ud800"))
    if suffix == ".parquet":
        roles = parquet.read_table(BufferReader(content)).column("role").to_pylist()
    elif suffix == ".jsonl":
        roles = [json.loads(line)["role"] for line in content.decode().splitlines()]
    else:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        roles = [row["role"] for row in csv.DictReader(text, delimiter="," if suffix == ".csv" else "\t")]
    assert roles == ["RN", 'a "b", c', "line\nbreak", "Çağrı 護士", "\ufffd\ufffd"]


def test_columns_of_parquet_keep_their_types_where_all_are_empty() -> None:
    table = parquet.read_table(BufferReader(FORMATS[".parquet"](rows("RN"))))
    assert str(table.schema.field("fallback_reason").type) == "string"
    assert str(table.schema.field("rows").type) == "int64"
    assert str(table.schema.field("confidence_score").type) == "double"
