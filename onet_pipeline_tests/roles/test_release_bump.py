"""The benchmark of what a release costs counts as the pipeline does."""

from benchmarks.release_bump import BATCH, asked, bump
from onet_pipeline.roles.records import Candidate, Question, Role
from onet_pipeline_tests.support.occupations import eight_occupations

NURSES = Candidate("29-1141.00", "Registered Nurses", 0.9, "Staff Nurse", "Look after patients.")
POLICE = Candidate("33-3051.00", "Police Patrol Officers", 0.4, "Police Officer", "Keep the peace.")


def test_the_same_release_asks_nothing_again() -> None:
    roles = [Role("RN", 1), Role("Police Ofcr", 1)]
    (before,), (after,) = (asked(eight_occupations(), [roles]) for _ in range(2))
    found = bump(before, after)
    assert (found.roles, found.asked_again, found.calls, found.led_by_old) == (2, 0, 0, 2)


def test_another_order_asks_nothing_and_another_candidate_asks_again() -> None:
    before = [Question(0, "RN", (NURSES, POLICE)), Question(1, "Ofcr", (POLICE,))]
    after = [Question(0, "RN", (POLICE, NURSES)), Question(1, "Ofcr", (POLICE, NURSES))]
    found = bump(before, after)
    assert (found.asked_again, found.questions, found.calls, found.led_by_old) == (1, 1, 1, 1)


def test_spellings_are_one_question_and_a_role_without_candidates_is_none() -> None:
    roles = ["Nurse", "NURSE ", "zzqx"]
    before = [Question(number, role, ()) for number, role in enumerate(roles)]
    after = [Question(number, role, (NURSES,) if "z" not in role else ()) for number, role in enumerate(roles)]
    found = bump(before, after)
    assert (found.asked_again, found.questions) == (2, 1)


def test_calls_are_of_twelve_questions() -> None:
    before = [Question(number, f"Nurse {number}", ()) for number in range(BATCH + 1)]
    after = [Question(each.id, each.role, (NURSES,)) for each in before]
    assert bump(before, after).calls == 2
