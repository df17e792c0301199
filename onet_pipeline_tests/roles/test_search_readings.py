import re

import pytest

from onet_pipeline.onet.records import AlternateTitle, Occupation, Release
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.readings import Readings, read_lexicon
from onet_pipeline.roles.search.terms import singular
from onet_pipeline.roles.titles import normalise

CODES = ("15-1252.00", "15-1299.00", "15-1299.08", "53-3032.00")
LEXICON = {
    ("architect",): ("15-1299",),
    ("cloud", "architect"): ("15-1252",),
    ("manager",): ("15-1252", "53-3032"),
    ("hgv",): ("53-3032",),
}


@pytest.fixture
def readings() -> Readings:
    titles = [AlternateTitle(CODES[3], f"Manager {number}") for number in range(100)]
    occupations = tuple(Occupation(code, f"Occupation {code}", "") for code in CODES)
    return Readings.of(Corpus(Release("30.1", "test", "", "", occupations, tuple(titles), ())), LEXICON)


def test_each_phrase_of_the_lexicon_is_written_as_titles_are_normalised() -> None:
    lexicon = read_lexicon()
    assert len(lexicon) > 1_000
    for phrase in lexicon:
        text = " ".join(phrase)
        assert tuple(map(singular, normalise(text).split())) == tuple(map(singular, phrase)), text


def test_each_phrase_of_the_lexicon_means_six_digit_codes_none_twice() -> None:
    for phrase, codes in read_lexicon().items():
        assert all(re.fullmatch(r"\d\d-\d{4}", code) for code in codes), phrase
        assert len(set(codes)) == len(codes) > 0, phrase


def test_a_title_without_a_known_phrase_scores_nothing(readings: Readings) -> None:
    assert not readings.scores(["florist", ""]).any()


def test_a_longer_phrase_hides_the_shorter_ones_in_it(readings: Readings) -> None:
    scores = readings.scores(["senior cloud architect"])[0]
    assert scores[0] > 0
    assert not scores[1:].any()


def test_a_phrase_is_found_in_the_plural(readings: Readings) -> None:
    assert readings.scores(["hgvs"])[0, 3] == readings.scores(["hgv"])[0, 3] > 0


def test_a_phrase_of_many_titles_says_less_than_a_rare_one(readings: Readings) -> None:
    assert readings.scores(["manager"])[0, 3] < readings.scores(["hgv"])[0, 3]


def test_a_later_code_and_a_detailed_code_count_less(readings: Readings) -> None:
    scores = readings.scores(["manager", "architect"])
    assert scores[0, 0] > scores[0, 3] > 0
    assert scores[1, 1] > scores[1, 2] > 0


def test_what_was_stored_scores_the_same(readings: Readings) -> None:
    titles = ["cloud architect", "hgv manager", ""]
    assert (Readings.restored(readings.arrays()).scores(titles) == readings.scores(titles)).all()
