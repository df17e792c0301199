from zlib import crc32

import numpy as np
import pytest

from onet_pipeline.roles.search.aliases import Alias
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.nearest import NearestTitles
from onet_pipeline_tests.support.occupations import eight_occupations

NURSE, POLICE = "29-1141.00", "33-3051.00"
LONG = "nurse who looks after the night ward"
ONE, OTHER = "lead school harbour miller", "relief quarry senior actor"


def nearest(corpus: Corpus, title: str, code: str) -> tuple[float, str | None]:
    near = NearestTitles.of(corpus).near([title])
    at = corpus.number[code]
    number = int(near.titles(np.array([[at]], np.int32))[0, 0])
    return float(near.similarity[0, at]), corpus.rows[number].title if number >= 0 else None


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    short = [Alias(f"nurse {letter * 2}", NURSE) for letter in "bcdfghjklmnp"]
    return Corpus(eight_occupations(), [*short, Alias(LONG, NURSE)])


def test_an_equal_title_is_found_however_many_shorter_ones_its_words_lead_to(corpus: Corpus) -> None:
    similarity, title = nearest(corpus, LONG, NURSE)
    assert similarity > 1
    assert title == LONG


def test_a_title_is_found_by_its_rare_words_when_the_common_one_leads_to_others(corpus: Corpus) -> None:
    similarity, _ = nearest(corpus, "nurse of the night ward", NURSE)
    assert 0.5 < similarity < 1


def test_a_title_with_the_checksum_of_another_is_not_taken_for_it() -> None:
    assert crc32(ONE.encode()) == crc32(OTHER.encode())
    corpus = Corpus(eight_occupations(), [Alias(OTHER, POLICE)])
    assert nearest(corpus, OTHER, POLICE)[0] > 1
    assert nearest(corpus, ONE, POLICE)[0] < 0.3
