import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onet_pipeline.roles.answers import MISSING_INFORMATION_LIMIT, REASONING_LIMIT, Checked, check
from onet_pipeline.roles.records import ConfidenceTier, Method, Question
from onet_pipeline_tests.support.questions import question, questions

ASKED = [question(7, "cook", ("35-1011.00", "35-2014.00", "35-2019.00", "35-2011.00"))]


def codes(asked: Question) -> frozenset[str]:
    return frozenset(candidate.code for candidate in asked.candidates)


def checked(**values: Any) -> Checked:
    answer = {"id": 1, "reasoning": "Cooks.", "code": "35-1011.00", "confidence": "HIGH", "runners_up": []}
    return check(json.dumps({"answers": [{**answer, **values}]}), ASKED, codes)


@pytest.mark.parametrize("written", ["35-1011.00", " 35-1011.00 ", "35-1011", "35-1011.00 Chefs and Head Cooks"])
def test_a_code_is_recognised_however_it_is_written(written: str) -> None:
    assert checked(code=written).answers[7].code == "35-1011.00"


@pytest.mark.parametrize("written", [None, "null", "None", "N/A", ""])
def test_no_code_is_null_and_low_whatever_the_tier(written: str | None) -> None:
    answer = checked(code=written, missing_information="industry").answers[7]
    assert (answer.code, answer.tier, answer.missing_information) == (None, ConfidenceTier.LOW, "industry")


@pytest.mark.parametrize("written", ["35-1012.00", "35-1011.01", "chef", 35, ["35-1011.00", "x"], {}])
def test_a_code_that_is_not_allowed_is_no_answer(written: object) -> None:
    result = checked(code=written)
    if isinstance(written, list):
        assert result.answers[7].code == "35-1011.00"
    else:
        assert (result.answers, result.out_of_list) == ({}, 1)
        assert "not among the allowed codes" in result.faults[7]


def test_text_is_bounded_and_of_one_line() -> None:
    answer = checked(reasoning="why\n" * 999, code=None, missing_information="what " * 999).answers[7]
    assert len(answer.reasoning) == REASONING_LIMIT
    assert len(answer.missing_information or "") == MISSING_INFORMATION_LIMIT
    assert "\n" not in answer.reasoning


def test_runners_up_are_at_most_two_other_allowed_codes() -> None:
    named = ["35-1011.00", "99-9999.00", "35-2014.00", "35-2014.00", "35-2019.00", "35-2011.00"]
    assert checked(runners_up=named).answers[7].runners_up == ("35-2014.00", "35-2019.00")
    assert checked(runners_up="35-2014.00").answers[7].runners_up == ()


def test_missing_information_is_kept_only_where_it_is_asked_for() -> None:
    assert checked(missing_information="industry").answers[7].missing_information is None
    assert checked(confidence="low", missing_information="industry").answers[7].missing_information == "industry"


def test_answers_carry_the_ids_of_the_questions_not_of_the_call() -> None:
    assert checked().answers[7].question_id == 7
    assert checked().answers[7].method is Method.CLAUDE


def test_whole_answers_before_a_cut_are_taken() -> None:
    asked = questions(3)
    usual = [
        {"id": n, "reasoning": "r {", "code": each.candidates[0].code, "confidence": "HIGH"}
        for n, each in enumerate(asked, 1)
    ]
    whole = json.dumps({"answers": usual})
    for length in range(len(whole)):
        result = check(whole[:length], asked, codes)
        assert set(result.answers) | set(result.faults) == {1, 2, 3}
        assert len(result.answers) == sum(
            whole[:length].count(f'{each.candidates[0].code}", "confidence": "HIGH"}}') for each in asked
        )


@given(st.text() | st.from_regex(r'\{"answers": \[(\{"id": [0-3], "code": "35-1011.00"\},?)*'))
def test_whatever_comes_back_every_question_is_answered_or_faulted(text: str) -> None:
    result = check(text, ASKED, codes)
    assert set(result.answers) ^ set(result.faults) == {7}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "code", "answers", "confidence"]), inner),
)


@given(json_values)
def test_whatever_json_comes_back_every_question_is_answered_or_faulted(value: object) -> None:
    for document in (value, {"answers": value}, {"answers": [{"id": 1, "code": value, "confidence": value}]}):
        result = check(json.dumps(document), ASKED, codes)
        assert set(result.answers) ^ set(result.faults) == {7}


def test_a_deep_nest_is_survived() -> None:
    assert 7 in check('{"a":' * 20_000, ASKED, codes).faults
    assert 7 in check("[" * 20_000 + "{", ASKED, codes).faults
