"""Roll-ups to SOC 2018: 6, 5, 3 and 2 digits, with titles where they are known."""

import re

import pytest

from onet_pipeline.onet.records import Occupation
from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.review.rollup import Group, Taxonomy, broad_code, soc_groups
from onet_pipeline_tests.support.occupations import OCCUPATIONS


def test_a_code_rolls_up_to_its_four_groups() -> None:
    groups = Taxonomy(OCCUPATIONS).rollup("15-1252.00")
    assert groups.detailed == Group("15-1252", "Software Developers")
    assert groups.broad == Group("15-1250", "Software and Web Developers, Programmers, and Testers")
    assert groups.minor == Group("15-1200", "Computer Occupations")
    assert groups.major == Group("15-0000", "Computer and Mathematical Occupations")


def test_the_detailed_title_is_that_of_the_general_occupation_and_not_of_the_specialty() -> None:
    occupations = [
        Occupation("15-1299.00", "Computer Occupations, All Other", ""),
        Occupation("15-1299.08", "Computer Systems Engineers/Architects", ""),
    ]
    groups = Taxonomy(occupations).rollup("15-1299.08")
    assert groups.detailed == Group("15-1299", "Computer Occupations, All Other")
    assert groups.broad == Group("15-1290", "Miscellaneous Computer Occupations")


def test_a_broad_group_of_one_occupation_has_its_title() -> None:
    assert Taxonomy(OCCUPATIONS).rollup("29-1141.00").broad == Group("29-1140", "Registered Nurses")


def test_a_broad_group_of_several_never_takes_the_title_of_the_only_one_that_a_release_holds() -> None:
    painter = [Occupation("51-9123.00", "Painting, Coating, and Decorating Workers", "")]
    assert Taxonomy(painter).rollup("51-9123.00").broad == Group("51-9120", None)
    assert Taxonomy(OCCUPATIONS).rollup("33-3051.00").broad.title == "Police Officers"


def test_a_code_that_the_release_does_not_know_keeps_its_codes_and_has_no_detailed_title() -> None:
    groups = Taxonomy().rollup("29-1141.00")
    assert (groups.detailed, groups.broad) == (Group("29-1141", None), Group("29-1140", None))
    assert groups.major.title == "Healthcare Practitioners and Technical Occupations"


@pytest.mark.parametrize(
    ("code", "minor"), [("31-1121.00", "31-1100"), ("51-5112.00", "51-5100"), ("31-9092.00", "31-9000")]
)
def test_the_minor_groups_that_are_numbered_otherwise_are_found(code: str, minor: str) -> None:
    assert Taxonomy().rollup(code).minor.code == minor
    assert Taxonomy().rollup(code).minor.title


def test_physicians_are_one_broad_group_although_their_codes_begin_in_two_ways() -> None:
    assert broad_code("29-1229.02") == broad_code("29-1211.00") == "29-1210"


def test_the_table_has_all_23_major_and_98_minor_groups_of_soc_2018() -> None:
    codes = list(soc_groups())
    minor = [code for code in codes if re.fullmatch(r"\d\d-[1-9]000|15-1200|31-1100|51-5100", code)]
    assert len([code for code in codes if code.endswith("-0000")]) == 23
    assert len(minor) == 98
    assert all(soc_groups()[code] for code in codes if code.endswith("00"))


def test_every_occupation_of_the_sample_release_has_a_minor_and_a_major_group_with_titles() -> None:
    occupations = load_release(sample_release_path()).occupations
    taxonomy = Taxonomy(occupations)
    groups = [taxonomy.rollup(each.code) for each in occupations]
    assert all(each.minor.title and each.major.title and each.detailed.title for each in groups)
