from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onet_pipeline.onet.records import AlternateTitle
from onet_pipeline.roles.mapper import CandidateSearch
from onet_pipeline.roles.search import Alias, SearchIndex, build_index, index_version
from onet_pipeline.roles.titles import normalise
from onet_pipeline_tests.support.occupations import eight_occupations


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return build_index(eight_occupations(), shipped=())


def best(index: CandidateSearch, title: str) -> str:
    return index.search([title])[0][0].code


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Police Officer", "33-3051.00"),
        ("Pol Ofcr-Canine", "33-3051.00"),
        ("ACCTG TECH 3", "43-3031.00"),
        ("POLICE OFFICER", "33-3051.00"),
        ("Sofware Enginer", "15-1252.00"),
        ("Director of Nursing", "11-9111.00"),
        ("CPA", "13-2011.00"),
        ("Policé  Óffícer (Canine), III", "33-3051.00"),
        ("welders", "51-4121.00"),
        ("Programm", "15-1252.00"),
    ],
)
def test_a_title_as_people_type_it_finds_its_occupation_first(index: SearchIndex, title: str, code: str) -> None:
    assert best(index, title) == code


@pytest.mark.parametrize("title", ["q", "Zz", "日本語", "ß", "x9", "Ω"])
def test_a_title_that_holds_any_letter_gets_candidates(index: SearchIndex, title: str) -> None:
    assert index.search([title])[0]


@pytest.mark.parametrize("title", ["", "   ", "42", "--- / ---", "🙂", "_"])
def test_a_title_without_letters_gets_none(index: SearchIndex, title: str) -> None:
    assert index.search([title]) == [()]


def test_no_titles_are_answered_with_nothing(index: SearchIndex) -> None:
    assert index.search([]) == []


def test_answers_come_in_the_order_asked_and_equal_spellings_share_one_search(index: SearchIndex) -> None:
    titles = ["Staff Nurse", "ARC WELDER", "staff  nurse", "Arc-Welder", "12"]
    found = index.search(titles)
    first = [candidates[0].code[:5] if candidates else None for candidates in found]
    assert first == ["29-11", "51-41", "29-11", "51-41", None]
    assert found[0] is found[2]
    assert found[1] is found[3]


def test_a_title_is_answered_alike_alone_and_in_a_large_batch(index: SearchIndex) -> None:
    many = [f"Welder number {at} of {at * 7}" for at in range(1200)]
    assert index.search([*many, "Canine Officer"])[-1] == index.search(["Canine Officer"])[0]
    assert index.search(many)[700] == index.search([many[700]])[0]


def test_candidates_are_distinct_at_most_the_limit_and_best_first(index: SearchIndex) -> None:
    candidates = index.search(["staff"], limit=3)[0]
    assert len({candidate.code for candidate in candidates}) == 3
    scores = [candidate.score for candidate in candidates]
    assert scores == sorted(scores, reverse=True)
    assert len(index.search(["Staff Nurse"], limit=100)[0]) <= 8


def test_occupations_that_tie_are_ordered_by_code(index: SearchIndex) -> None:
    candidates = index.search(["日本語"], limit=8)[0]
    assert [candidate.code for candidate in candidates] == sorted(candidate.code for candidate in candidates)


def test_a_title_that_equals_one_matches_it_and_not_another_of_the_same_stems() -> None:
    release = replace(
        eight_occupations(),
        alternate_titles=(AlternateTitle("51-4121.00", "Welder"), AlternateTitle("51-4121.00", "Weld Er")),
    )
    for title in ("Welder", "Weld-er", "Welders and Cutters"):
        assert normalise(build_index(release).search([title])[0][0].matched_title) == normalise(title)


def test_a_candidate_names_the_nearest_title_of_its_occupation(index: SearchIndex) -> None:
    police = index.search(["canine police officer"])[0][0]
    assert (police.title, police.matched_title, police.origin) == ("Police Patrol Officers", "Canine Officer", "onet")
    assert police.description == "Keep the peace in a district and answer calls."


@pytest.mark.parametrize("length", [300, 10_000, 1_000_000])
def test_a_title_of_any_length_is_answered(index: SearchIndex, length: int) -> None:
    assert best(index, ("Arc Welder " * length)[:length]) == "51-4121.00"
    assert index.search(["w" * length])[0]


def test_related_occupations_are_shown_though_they_share_no_word(index: SearchIndex) -> None:
    assert "11-9111.00" in {candidate.code for candidate in index.search(["rn"])[0]}


def test_an_alias_comes_first_and_says_where_it_comes_from() -> None:
    release = eight_occupations()
    index = build_index(release, [Alias("Pathfinder", "33-3051.00"), Alias("Staff Nurse", "11-9111.00", "confirmed")])
    pathfinder, nurse = (candidates[0] for candidates in index.search(["PATHFINDER", "Staff Nurse"]))
    assert (pathfinder.code, pathfinder.matched_title, pathfinder.origin) == ("33-3051.00", "Pathfinder", "alias")
    assert (nurse.code, nurse.origin) == ("11-9111.00", "confirmed")


def test_an_alias_of_a_code_that_the_release_lacks_is_left_out() -> None:
    index = build_index(eight_occupations(), [Alias("Pathfinder", "99-9999.00")], shipped=())
    assert {candidate.code for candidate in index.search(["Pathfinder"])[0]} <= {
        occupation.code for occupation in eight_occupations().occupations
    }


def test_the_version_follows_release_and_aliases_and_not_their_order() -> None:
    one, other = Alias("A", "33-3051.00"), Alias("B", "33-3051.00")
    assert index_version("1" * 64, [one, other]) == index_version("1" * 64, [other, one])
    versions = {index_version("1" * 64), index_version("2" * 64), index_version("1" * 64, [one])}
    assert len(versions) == 3
    assert build_index(eight_occupations(), [one]).version == index_version("1" * 64, [one])


@given(st.lists(st.text(max_size=60), max_size=8), st.integers(1, 30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_gets_distinct_candidates_if_it_holds_a_letter(
    index: SearchIndex, titles: list[str], limit: int
) -> None:
    for title, candidates in zip(titles, index.search(titles, limit), strict=True):
        assert bool(candidates) == any(map(str.isalpha, normalise(title)))
        assert len({candidate.code for candidate in candidates}) == len(candidates) <= limit
