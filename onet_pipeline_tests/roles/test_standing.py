"""When a decision stands although other candidates are shown: one sentence for each clause of the rule."""

import pytest

from onet_pipeline.roles.records import Candidate, ConfidenceTier
from onet_pipeline.roles.standing import LEADING, marks, stands
from onet_pipeline_tests.support.questions import candidate

HIGH, MEDIUM, LOW = ConfidenceTier
SHOWN = tuple(candidate(f"11-10{number:02}.00") for number in range(20))
NEW = candidate("53-7062.00")
BEST, LAST = SHOWN[0], SHOWN[-1]
OTHER_WORDS = [("Renamed", "Does the work."), ("", "Does other work.")]
"""Title, where it is another, and description."""


def reworded(one: Candidate, words: tuple[str, str]) -> Candidate:
    return candidate(one.code, words[0], description=words[1])


def still(now: tuple[Candidate, ...], code: str | None = BEST.code, tier: ConfidenceTier = HIGH) -> bool:
    return stands(code, tier, marks(SHOWN), now)


@pytest.mark.parametrize("tier", [HIGH, MEDIUM])
def test_a_sure_decision_outlives_the_swap_of_a_marginal_candidate(tier: ConfidenceTier) -> None:
    assert still((*SHOWN[:-1], NEW), tier=tier)
    assert still((*SHOWN[:LEADING], *(candidate(f"53-70{number}.00") for number in range(10, 20))), tier=tier)


def test_another_order_of_the_same_candidates_and_fewer_of_them_ask_nothing() -> None:
    assert still(tuple(reversed(SHOWN)))
    assert still(SHOWN[:5])


def test_a_best_guess_and_an_answer_without_a_code_fall() -> None:
    assert not still(SHOWN, tier=LOW)
    assert not still(SHOWN, code=None)
    assert not still(SHOWN, code=None, tier=LOW)


def test_a_decision_falls_where_its_occupation_is_no_longer_shown() -> None:
    assert still((*SHOWN[:-1], NEW), code=SHOWN[-2].code)
    assert not still((*SHOWN[:-1], NEW), code=LAST.code)
    assert not still(())


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_a_decision_falls_where_its_occupation_has_other_words(words: tuple[str, str]) -> None:
    assert not still((*SHOWN[:-1], reworded(LAST, words)), code=LAST.code)
    assert still((*SHOWN[:-1], reworded(LAST, words))), "words of a marginal candidate decide nothing"


def test_a_decision_falls_where_its_occupation_was_found_by_a_wider_search_only() -> None:
    assert not still((*SHOWN[:-1], NEW), code=NEW.code)


def test_a_new_candidate_counts_from_the_last_of_the_leading_ones_on() -> None:
    assert not still((*SHOWN[: LEADING - 1], NEW, *SHOWN[LEADING:]))
    assert still((*SHOWN[:LEADING], NEW, *SHOWN[LEADING + 1 :]))


@pytest.mark.parametrize("words", OTHER_WORDS)
def test_a_leading_candidate_with_other_words_is_a_new_one(words: tuple[str, str]) -> None:
    assert not still((BEST, reworded(SHOWN[1], words), *SHOWN[2:]))


def test_a_candidate_that_was_marginal_and_leads_was_considered() -> None:
    assert still((LAST, *SHOWN[:-1]))


def test_a_decision_whose_candidates_are_not_known_falls() -> None:
    assert not stands(BEST.code, HIGH, None, SHOWN)
    assert not stands(BEST.code, HIGH, (), SHOWN)


def test_scores_and_matched_titles_are_no_words_of_a_candidate() -> None:
    found = Candidate(BEST.code, BEST.title, 0.1, "Chief", BEST.description, "alias")
    assert marks([found]) == marks([BEST])
    assert marks([candidate("1", "a", description="bc")]) != marks([candidate("1", "ab", description="c")])
    assert [mark.partition(":")[0] for mark in marks(SHOWN)] == [each.code for each in SHOWN]
