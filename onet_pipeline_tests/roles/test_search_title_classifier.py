from importlib.resources import files

import numpy as np
import pytest

from onet_pipeline.onet.records import Occupation, Release
from onet_pipeline.roles.search.aliases import shipped_titles
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.title_classifier import Shipped, TitleClassifier, features, shipped_classifier
from onet_pipeline_tests.support.occupations import eight_occupations

NURSES, TEACHERS, NEW = "29-1141.00", "25-1072.00", "99-9999.00"
SMALL = Shipped(
    number={"nurs": 0, "educat": 1, "nurs educat": 2},
    steps=np.array([[2, 0], [1, 1], [-1, 2]], np.int8),
    step=np.float32(0.5),
    codes=(TEACHERS, NURSES),
    weights=np.array([[0, 10], [10, 0]], np.float32),
    offset=np.array([0, 1], np.float32),
)


def corpus(*codes: str) -> Corpus:
    return Corpus(Release("30.1", "test", "", "", tuple(Occupation(code, code, "") for code in codes), (), ()))


def best(classifier: TitleClassifier, codes: tuple[str, ...], title: str) -> str:
    return codes[int(classifier.scores([title])[0].argmax())]


def test_features_are_stems_and_pairs_of_neighbours_each_once() -> None:
    assert features("nurse nurses educator") == ["nurs", "educat", "nurs nurs", "nurs educat"]
    assert features("") == []


def test_a_pair_of_words_can_mean_another_occupation_than_each_of_them() -> None:
    codes = (TEACHERS, NURSES)
    classifier = TitleClassifier.of(corpus(*codes), SMALL)
    titles = ("nurse", "educator", "nurse educator")
    assert [best(classifier, codes, title) for title in titles] == [NURSES, NURSES, TEACHERS]


def test_the_likeliest_scores_one_and_an_occupation_far_behind_nothing() -> None:
    nurse = TitleClassifier.of(corpus(TEACHERS, NURSES), SMALL).scores(["nurse"])
    assert nurse.tolist() == [[0, 1]]


def test_a_title_of_unknown_words_scores_nothing() -> None:
    assert not TitleClassifier.of(corpus(TEACHERS, NURSES), SMALL).scores(["zzyzx", ""]).any()


def test_occupations_that_are_new_to_it_score_nothing_and_the_others_as_ever() -> None:
    alone = TitleClassifier.of(corpus(TEACHERS, NURSES), SMALL).scores(["educator"])
    with_new = TitleClassifier.of(corpus(TEACHERS, NURSES, NEW), SMALL).scores(["educator"])
    assert with_new.tolist() == [[*alone[0].tolist(), 0]]
    assert TitleClassifier.of(corpus(NEW), SMALL).scores(["educator"]).tolist() == [[0]]


def test_a_title_scores_the_same_alone_in_a_batch_and_after_storing() -> None:
    classifier = TitleClassifier.of(Corpus(eight_occupations()))
    titles = ["staff nurse", "", "welder fitter", "zzyzx", "police officer canine unit"] * 40
    together = classifier.scores(titles)
    assert together.tolist() == [classifier.scores([title])[0].tolist() for title in titles]
    assert together.tolist() == TitleClassifier.restored(classifier.arrays()).scores(titles).tolist()


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("rn med surg", "29-1141.00"),
        ("java backend developer", "15-1252.00"),
        ("beat patrol constable", "33-3051.00"),
        ("accounts payable ledger clerk", "43-3031.00"),
        ("mig tig fabricator welder", "51-4121.00"),
    ],
)
def test_the_shipped_one_knows_what_people_call_occupations(title: str, code: str) -> None:
    release = eight_occupations()
    codes = tuple(sorted(occupation.code for occupation in release.occupations))
    assert best(TitleClassifier.of(Corpus(release)), codes, title) == code


def test_the_shipped_one_knows_every_occupation_that_has_a_shipped_title() -> None:
    assert {title.code for title in shipped_titles()} <= set(shipped_classifier().codes)


def test_the_shipped_one_is_small_and_its_vectors_are_no_longer_than_one() -> None:
    path = files("onet_pipeline.roles.search").joinpath("data/classifier.npz")
    assert len(path.read_bytes()) < 10_000_000
    shipped = shipped_classifier()
    assert np.linalg.norm(shipped.steps * shipped.step, axis=1).max() <= 1.01
