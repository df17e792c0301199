from importlib.resources import files
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onet_pipeline.onet.records import AlternateTitle, Occupation, Release, Task
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.meaning import Meaning
from onet_pipeline.roles.search.vectors import WordVectors, gram_buckets, shipped_vectors

OCCUPATIONS = (
    Occupation("29-1141.00", "Registered Nurses", "Care for ill people and give them their medicine."),
    Occupation("35-1011.00", "Chefs and Head Cooks", "Lead a restaurant kitchen and plan its dishes."),
    Occupation("53-3032.00", "Heavy and Tractor-Trailer Truck Drivers", "Haul goods over long distances by road."),
)
TITLES = (
    AlternateTitle("29-1141.00", "Hospital Nurse"),
    AlternateTitle("35-1011.00", "Executive Chef"),
    AlternateTitle("53-3032.00", "Truck Driver"),
)
TASKS = (Task("53-3032.00", 1, "Back trailers up to loading docks."),)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(Release("30.1", "test", "", "", OCCUPATIONS, TITLES, TASKS))


@pytest.fixture(scope="module")
def meaning(corpus: Corpus) -> Meaning:
    return Meaning.of(corpus)


def likeness(first: str, second: str) -> float:
    vectors = shipped_vectors().encode([first, second])
    return float(vectors[0] @ vectors[1])


def test_a_text_has_a_vector_of_length_one_and_an_empty_one_none() -> None:
    lengths = np.linalg.norm(shipped_vectors().encode(["truck driver", "zzyzx", ""]), axis=1)
    assert lengths == pytest.approx([1, 1, 0], abs=1e-5)


def test_words_of_like_meaning_are_near_whatever_their_letters() -> None:
    assert likeness("lorry", "truck") > likeness("lorry", "nurse") + 0.2
    assert likeness("physician", "doctor") > likeness("physician", "physicist") + 0.1


def test_a_misspelt_word_is_near_the_right_one() -> None:
    assert likeness("accountannt", "accountant") > likeness("accountannt", "carpenter") + 0.2


def test_a_word_shorter_than_any_gram_still_has_a_bucket() -> None:
    assert gram_buckets("a", 1024)
    assert all(0 <= bucket < 1024 for bucket in gram_buckets("ångström", 1024))


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    texts = ["truck driver", "qwrtz driver", "", "nurse"]
    together = shipped_vectors().encode(texts)
    assert together == pytest.approx(np.concatenate([shipped_vectors().encode([text]) for text in texts]), abs=1e-6)


def test_the_shipped_vectors_are_small() -> None:
    path = files("onet_pipeline.roles.search").joinpath("data/vectors.npz")
    assert len(path.read_bytes()) < 12_000_000


@pytest.mark.parametrize(("title", "occupation"), [("lorry", 2), ("medical ward", 0), ("culinary", 1)])
def test_an_occupation_is_found_by_a_title_that_shares_no_word_with_it(
    meaning: Meaning, title: str, occupation: int
) -> None:
    assert meaning.scores([title])[0].argmax() == occupation


def test_scores_are_never_negative_and_nothing_for_an_empty_title(meaning: Meaning) -> None:
    scores = meaning.scores(["lorry", "qwrtz", ""])
    assert scores.shape == (3, 3)
    assert (scores >= 0).all()
    assert not scores[2].any()


def test_a_release_without_tasks_has_meaning_too() -> None:
    bare = Meaning.of(Corpus(Release("30.1", "test", "", "", OCCUPATIONS, TITLES, ())))
    assert bare.scores(["lorry"])[0].argmax() == 2


def test_building_twice_and_storing_change_nothing(corpus: Corpus, meaning: Meaning) -> None:
    titles = ["lorry", "sous chef"]
    assert (Meaning.of(corpus).scores(titles) == meaning.scores(titles)).all()
    assert (Meaning.restored(meaning.arrays()).scores(titles) == meaning.scores(titles)).all()


def test_other_vectors_can_be_given() -> None:
    arrays: dict[str, NDArray[Any]] = {
        "words": np.frombuffer(b"lorry\ntruck", np.uint8),
        "word_vectors": np.array([[127, 0], [127, 0]], np.int8),
        "word_scale": np.array([[0.5], [1.0]], np.float16),
        "gram_vectors": np.array([[0, 127]], np.int8),
        "gram_scale": np.array([[1.0]], np.float16),
    }
    own = WordVectors(arrays)
    assert own.size == 2
    assert own.encode(["lorry", "truck", "unknown"]) == pytest.approx(np.array([[1, 0], [1, 0], [0, 1]]))
