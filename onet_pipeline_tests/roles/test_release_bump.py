"""The benchmark of what a release costs counts as the pipeline does."""

from benchmarks.release_bump import BATCH, asked, bump, passed_over
from onet_pipeline.roles.evaluation import GoldTitle
from onet_pipeline.roles.records import Candidate, Question, Role
from onet_pipeline.roles.standing import LEADING
from onet_pipeline_tests.support.occupations import eight_occupations
from onet_pipeline_tests.support.questions import candidate

NURSES = Candidate("29-1141.00", "Registered Nurses", 0.9, "Staff Nurse", "Look after patients.")
POLICE = Candidate("33-3051.00", "Police Patrol Officers", 0.4, "Police Officer", "Keep the peace.")
TEN = tuple(candidate(f"11-10{number:02}.00", score=1 / (number + 1)) for number in range(LEADING))


def test_the_same_release_asks_nothing_again() -> None:
    roles = [Role("RN", 1), Role("Police Ofcr", 1)]
    (before,), (after,) = (asked(eight_occupations(), [roles]) for _ in range(2))
    found = bump(before, after)
    assert (found.roles, found.changed, found.sure.calls, found.lexical.roles) == (2, 0, 0, 0)
    assert (found.same.stand, found.same.otherwise) == (2, 0)


def test_another_order_asks_nothing_and_a_new_leading_candidate_asks_again() -> None:
    before = [Question(0, "RN", (NURSES, POLICE)), Question(1, "Ofcr", (POLICE,))]
    after = [Question(0, "RN", (POLICE, NURSES)), Question(1, "Ofcr", (POLICE, NURSES))]
    found = bump(before, after)
    assert (found.changed, found.sure.roles, found.sure.questions, found.sure.calls) == (1, 1, 1, 1)
    assert (found.same.stand, found.same.otherwise) == (1, 1)


def test_a_marginal_swap_asks_where_the_lexical_mapper_was_unsure_only() -> None:
    before = [Question(0, "Occupation 11-1000.00", (*TEN, NURSES)), Question(1, "zz", (TEN[1], TEN[1], *TEN, NURSES))]
    after = [Question(each.id, each.role, (*TEN, POLICE)) for each in before]
    found = bump(before, after)
    assert (found.changed, found.sure.roles, found.sure.stand, found.sure.otherwise) == (2, 0, 2, 1)
    assert (found.lexical.roles, found.lexical.stand, found.lexical.otherwise) == (1, 1, 0)


def test_spellings_are_one_question_and_a_role_without_candidates_is_none() -> None:
    roles = ["Nurse", "NURSE ", "zzqx"]
    before = [Question(number, role, ()) for number, role in enumerate(roles)]
    after = [Question(number, role, (NURSES,) if "z" not in role else ()) for number, role in enumerate(roles)]
    found = bump(before, after).sure
    assert (found.roles, found.questions) == (2, 1)


def test_calls_are_of_twelve_questions() -> None:
    before = [Question(number, f"Nurse {number}", ()) for number in range(BATCH + 1)]
    after = [Question(each.id, each.role, (NURSES,)) for each in before]
    assert bump(before, after).sure.calls == 2


def test_a_right_occupation_is_passed_over_behind_old_candidates_only() -> None:
    gold = [GoldTitle("Nurse", frozenset({"29-1141"}))] * 3
    before = [Question(0, "Nurse", TEN), Question(1, "Nurse", TEN), Question(2, "Nurse", (*TEN, NURSES))]
    after = [Question(0, "Nurse", (*TEN, NURSES)), Question(1, "Nurse", (NURSES, *TEN)), Question(2, "Nurse", TEN)]
    assert passed_over(gold, before, after, LEADING) == 1
    assert passed_over(gold, before, after, LEADING + 1) == 0
