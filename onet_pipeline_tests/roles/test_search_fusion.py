import numpy as np

from onet_pipeline.roles.search.fusion import best_first, fuse, scaled, shown_first, varied


def scores(*rows: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.array(rows, np.float32)


def test_every_ranker_is_scaled_to_a_best_of_one_and_an_empty_row_stays_empty() -> None:
    assert scaled(scores([2, 4, 0], [0, 0, 0])).tolist() == [[0.5, 1, 0], [0, 0, 0]]


def test_agreement_of_all_rankers_fuses_to_one_whatever_their_weights() -> None:
    evidence = {"one": scores([1, 0.5]), "other": scores([1, 0])}
    assert fuse(evidence, {"one": 3, "other": 1, "absent": 5}).tolist() == [[1, 0.375]]


def test_the_best_come_first_and_ties_by_column() -> None:
    assert best_first(scores([0.1, 0.3, 0.3, 0.2, 0.3]), 3).tolist() == [[1, 2, 4]]
    assert best_first(scores([0, 0, 0]), 2).tolist() == [[0, 1]]
    assert best_first(scores([0.1, 0.2]), 9).tolist() == [[1, 0]]


def test_scores_that_differ_in_the_last_digit_are_not_ties() -> None:
    nearly = float(np.nextafter(np.float32(0.5), np.float32(1)))
    assert best_first(scores([0.5, nearly]), 1).tolist() == [[1]]


def test_each_further_code_of_a_family_counts_less_than_the_one_before() -> None:
    family = np.array([[0, 0, 1, 0, 2]], np.int32)
    assert varied(scores([1, 0.9, 0.75, 0.7, 0.5]), family, again=0.8).tolist() == [[0, 2, 1, 4, 3]]
    assert varied(scores([1, 0.9, 0.75, 0.7, 0.5]), family, again=1).tolist() == [[0, 1, 2, 3, 4]]


def test_a_larger_limit_only_adds_at_the_end() -> None:
    generator = np.random.default_rng(7)
    choosing, ordering = (generator.random((5, 300)).astype(np.float32) for _ in range(2))
    family = (np.arange(300) // 3).astype(np.int32)
    few, few_scores = shown_first(choosing, ordering, family, 8)
    twenty, _ = shown_first(choosing, ordering, family, 20)
    many, many_scores = shown_first(choosing, ordering, family, 60)
    assert few.tolist() == twenty[:, :8].tolist()
    assert twenty.tolist() == many[:, :20].tolist()
    assert few_scores.tolist() == many_scores[:, :8].tolist()
    assert (np.diff(many_scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 60 for row in many.tolist())
