from collections import Counter

import pytest

from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.search import SearchIndex, build_index
from onet_pipeline.roles.search.abbreviations import expanded, read_table
from onet_pipeline.roles.titles import normalise


def spelt(title: str) -> str | None:
    return expanded(normalise(title))


@pytest.mark.parametrize(
    ("title", "meant"),
    [
        ("Pol Ofcr", "police officer"),
        ("POL OFCR - CANINE", "police officer canine"),
        ("ACCTG TECH 3", "accounting technician"),
        ("Equip Oper III", "equipment operator"),
        ("Street Maint Wkr II", "street maintenance worker"),
        ("Bldg Inspector", "building inspector"),
        ("Civil Engr IV", "civil engineer"),
        ("Sr. SWE II", "sr software engineer"),
        ("Admin Asst to the Mayor", "administrative assistant to the mayor"),
        ("Police Records Clk", "police records clerk"),
        ("Purchasing Agt", "purchasing agent"),
        ("V.P. Engineering", "vice president engineering"),
        ("K-9 Ofcr", "canine officer"),
    ],
)
def test_payroll_titles_are_spelt_out_without_their_levels(title: str, meant: str) -> None:
    assert spelt(title) == meant


@pytest.mark.parametrize(
    ("title", "meant"),
    [
        ("Rec Leader PT", "recreation leader"),
        ("Staff PT", "staff physical therapist"),
        ("PT Aide", "physical therapy aide"),
        ("Rec Clk", "records clerk"),
        ("Sec Ofcr", "security officer"),
        ("Exec Sec", "executive secretary"),
        ("Fire Lt", "fire lieutenant"),
        ("Lt Equip Oper", "light equipment operator"),
        ("Mech Engr", "mechanical engineer"),
        ("Auto Mech", "auto mechanic"),
        ("Asst Prof", "assistant professor"),
        ("Systems Admin", "systems administrator"),
        ("Corr Ofcr", "correctional officer"),
        ("Asst Corporation Counsel III", "assistant corporation counsel"),
    ],
)
def test_neighbours_written_either_way_decide_what_is_meant(title: str, meant: str) -> None:
    assert spelt(title) == meant


@pytest.mark.parametrize(
    "title", ["Lifeguard (Seasonal)", "Temp Lifeguard", "Lifeguard, per diem", "Hourly Lifeguard II"]
)
def test_hours_and_status_say_nothing_of_the_work(title: str) -> None:
    assert spelt(title) == "lifeguard"


def test_an_acting_director_is_a_director_but_an_acting_teacher_teaches_acting() -> None:
    assert spelt("Acting Director") == "director"
    assert spelt("Acting Teacher") is None


@pytest.mark.parametrize(
    "title", ["Truck Driver", "Sr Truck Driver II", "IV Nurse", "911 Operator", "Temp", "III", "日本語", ""]
)
def test_a_title_without_an_abbreviation_of_its_work_is_not_asked_again(title: str) -> None:
    assert spelt(title) is None


def test_a_licence_behind_the_job_is_not_the_job() -> None:
    assert spelt("Firefighter EMT") == "firefighter"
    assert spelt("EMT Basic") == "emergency medical technician basic"


def test_every_line_of_the_table_can_be_reached_and_changes_something() -> None:
    for short, meanings in read_table().items():
        assert all(meaning.before or meaning.after for meaning in meanings[:-1]), short
        assert all(meaning.words != short for meaning in meanings), short


def test_no_line_of_the_table_stands_twice() -> None:
    lines = Counter((short, meaning) for short, meanings in read_table().items() for meaning in meanings)
    assert [line for line, count in lines.items() if count > 1] == []


def test_the_table_is_written_as_titles_are_normalised() -> None:
    for short, meanings in read_table().items():
        sides = [word for meaning in meanings for word in (*meaning.before, *meaning.after)]
        for text in (" ".join(short), *(" ".join(meaning.words) for meaning in meanings), *sides):
            assert normalise(text) == text


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return build_index(load_release(sample_release_path()))


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("POL OFCR - CANINE", "33-3051.00"),
        ("ACCTG TECH 3", "43-3031.00"),
        ("Sr. SWE II", "15-1252.00"),
        ("Civil Engr IV", "17-2051.00"),
        ("Purchasing Agt", "13-1023.00"),
        ("Bldg Inspector", "47-4011.00"),
    ],
)
def test_abbreviated_titles_find_their_occupation_first(index: SearchIndex, title: str, code: str) -> None:
    assert index.search([title])[0][0].code == code


def test_a_candidate_names_the_title_nearest_to_either_form(index: SearchIndex) -> None:
    abbreviated, as_onet = index.search(["Pol Ofcr", "CPA"])
    assert abbreviated[0].matched_title == "Police Officer"
    assert "CPA" in as_onet[0].matched_title


def test_short_forms_that_onet_uses_are_still_found_as_written(index: SearchIndex) -> None:
    assert index.search(["RN II"])[0][0].code == "29-1141.00"


def test_titles_without_abbreviations_are_answered_alike_beside_titles_with_them(index: SearchIndex) -> None:
    alone = index.search(["Truck Driver"])[0]
    assert index.search(["Pol Ofcr", "Truck Driver", "Acctg Tech"])[1] == alone
