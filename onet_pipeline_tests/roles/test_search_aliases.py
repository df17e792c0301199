import re
from pathlib import Path

import pytest
from upath import UPath

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.search import Alias, build_index, read_aliases
from onet_pipeline.roles.search.aliases import shipped_titles
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.nearest import NearestTitles
from onet_pipeline.roles.titles import normalise
from onet_pipeline_tests.support.occupations import eight_occupations


def written(tmp_path: Path, text: str) -> UPath:
    path = tmp_path / "aliases.csv"
    path.write_bytes(text.encode())
    return UPath(path)


def test_an_alias_file_is_read_whatever_its_order_case_and_line_ends(tmp_path: Path) -> None:
    path = written(tmp_path, '\ufeffCode,note, Title\r\n15-1252.00,ours,"Builder, II"\r\n33-3051,, Pathfinder \r\n')
    assert read_aliases(path) == (Alias("Builder, II", "15-1252.00"), Alias("Pathfinder", "33-3051.00"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title\nPathfinder\n", "needs the columns title and code"),
        ("", "needs the columns title and code"),
        ("title,code\nPathfinder,15-1252.0\n", 'line 2: "15-1252.0" is not an O'),
        ("title,code\nPathfinder\n", 'line 2: "" is not an O'),
        ("title,code\nA,15-1252.00\n --,15-1252.00\n", "line 3: the title is empty"),
    ],
)
def test_a_faulty_alias_file_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        read_aliases(written(tmp_path, text))


def test_an_alias_file_that_is_not_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_bytes(b"title,code\n\xff\xfe,15-1252.00\n")
    for path in (tmp_path / "aliases.csv", tmp_path / "absent.csv"):
        with pytest.raises(SettingsError, match="cannot be read"):
            read_aliases(UPath(path))


def test_every_shipped_title_stands_once_in_order_under_an_onet_code() -> None:
    shipped = shipped_titles()
    assert all(re.fullmatch(r"\d\d-\d{4}\.\d\d", each.code) and normalise(each.title) for each in shipped)
    assert len({(each.code, normalise(each.title)) for each in shipped}) == len(shipped)
    assert list(shipped) == sorted(shipped, key=lambda each: (each.code, each.title))


def test_a_shipped_title_finds_its_occupation_and_says_where_it_comes_from() -> None:
    best = build_index(eight_occupations()).search(["Android Software Engineer"])[0][0]
    assert (best.code, best.matched_title, best.origin) == ("15-1252.00", "android software engineer", "shipped")


def test_of_titles_that_are_alike_the_users_own_stands_before_onets_and_onets_before_the_shipped_one() -> None:
    shipped = [Alias("Canine Officer", "33-3051.00", "shipped"), Alias("Beat Cop", "33-3051.00", "shipped")]
    index = build_index(eight_occupations(), [Alias("beat cop", "33-3051.00")], shipped=shipped)
    origins = [index.search([title])[0][0].origin for title in ("Canine Officer", "Beat Cop")]
    assert origins == ["onet", "alias"]


def test_an_equal_title_of_onets_is_nearer_than_an_equal_one_shipped_for_another_occupation() -> None:
    corpus = Corpus(eight_occupations(), [Alias("Canine Officer", "29-1141.00", "shipped")])
    near = NearestTitles.of(corpus).near(["canine officer"]).similarity[0]
    police, nurse = (near[corpus.number[code]] for code in ("33-3051.00", "29-1141.00"))
    assert police > nurse > 1
