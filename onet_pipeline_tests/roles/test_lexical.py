import pytest

from onet_pipeline.roles.lexical import LexicalMapper
from onet_pipeline.roles.mapper import Mapper
from onet_pipeline.roles.records import Answer, Candidate, ConfidenceTier, Method, Question
from onet_pipeline.roles.search import Alias, SearchIndex, build_index
from onet_pipeline_tests.support.occupations import eight_occupations


def answers(*questions: Question) -> list[Answer]:
    mapper: Mapper = LexicalMapper()
    return [answer for batch in mapper.answer(questions) for answer in batch.answers]


def asked(title: str, index: SearchIndex) -> Answer:
    return answers(Question(7, title, index.search([title])[0]))[0]


def candidate(code: str, score: float, matched_title: str, origin: str = "onet") -> Candidate:
    return Candidate(code, f"Title of {code}", score, matched_title, origin=origin)


def test_a_role_that_equals_a_title_of_one_occupation_alone_is_high_and_says_which() -> None:
    answer = asked("POLICE OFFICER", build_index(eight_occupations()))
    assert (answer.code, answer.tier, answer.method) == ("33-3051.00", ConfidenceTier.HIGH, Method.LEXICAL)
    assert answer.reasoning == 'The role equals the alternate title "Police Officer" of this occupation.'


@pytest.mark.parametrize(("second", "tier"), [(0.88, ConfidenceTier.MEDIUM), (0.4, ConfidenceTier.HIGH)])
def test_a_title_that_two_occupations_share_is_high_only_far_ahead(second: float, tier: ConfidenceTier) -> None:
    shared = (candidate("29-1141.00", 0.9, "Staff Nurse"), candidate("29-2061.00", second, "Staff Nurse"))
    answer = answers(Question(1, "Staff Nurse", shared))[0]
    assert answer.tier is tier
    assert answer.reasoning.endswith("1 other occupation shares that title.")


def test_codes_of_one_occupation_do_not_share_against_each_other() -> None:
    family = (candidate("29-1141.00", 0.9, "Staff Nurse"), candidate("29-1141.01", 0.9, "Staff Nurse"))
    answer = answers(Question(1, "Staff Nurse", family))[0]
    assert answer.tier is ConfidenceTier.HIGH


def test_an_alias_is_high_and_named_as_the_users_own() -> None:
    answer = asked("pathfinder", build_index(eight_occupations(), [Alias("Pathfinder", "33-3051.00")]))
    assert answer.tier is ConfidenceTier.HIGH
    assert answer.reasoning == 'The role equals your alias "Pathfinder" of this occupation.'


def test_a_role_that_is_no_title_is_never_high() -> None:
    near = (candidate("15-1252.00", 1.0, "Software Engineer"), candidate("17-2061.00", 0.1, "Hardware Engineer"))
    far = (candidate("15-1252.00", 0.1, "Software Engineer"), candidate("17-2061.00", 0.1, "Hardware Engineer"))
    tiers = [answer.tier for answer in answers(Question(1, "Software Sommelier", near), Question(2, "Zz", far))]
    assert tiers == [ConfidenceTier.MEDIUM, ConfidenceTier.LOW]


def test_no_candidate_means_no_code_and_low() -> None:
    answer = answers(Question(1, "42", ()))[0]
    assert (answer.code, answer.tier) == (None, ConfidenceTier.LOW)
    assert answer.missing_information


def test_every_question_is_answered_once_with_its_own_best_candidate() -> None:
    index = build_index(eight_occupations())
    titles = ["arc welder", "rn", "42", "cpa"]
    questions = [
        Question(at, title, found) for at, (title, found) in enumerate(zip(titles, index.search(titles), strict=True))
    ]
    given = answers(*questions)
    assert [answer.question_id for answer in given] == [0, 1, 2, 3]
    assert [answer.code for answer in given] == [q.candidates[0].code if q.candidates else None for q in questions]


def test_a_lexical_decision_is_never_kept_for_reuse() -> None:
    assert LexicalMapper().decision_key(Question(1, "rn", ())) is None


@pytest.mark.parametrize("role", ["Police Officer II", "POLICE OFFICER 3", "Police Officer - IV"])
def test_a_role_that_equals_a_title_but_for_its_level_is_high_and_says_so(role: str) -> None:
    answer = asked(role, build_index(eight_occupations()))
    assert (answer.code, answer.tier) == ("33-3051.00", ConfidenceTier.HIGH)
    expected = 'The role, but for its level, equals the alternate title "Police Officer" of this occupation.'
    assert answer.reasoning == expected


def test_an_alias_with_a_level_means_that_level_alone() -> None:
    index = build_index(eight_occupations(), [Alias("Welder II", "33-3051.00")])
    codes = [asked(role, index).code for role in ("Welder II", "Welder", "Welder III")]
    assert codes == ["33-3051.00", "51-4121.00", "51-4121.00"]


@pytest.mark.parametrize(("second", "tier"), [(0.65, ConfidenceTier.MEDIUM), (0.55, ConfidenceTier.HIGH)])
def test_a_shipped_title_is_trusted_less_than_one_of_onets(second: float, tier: ConfidenceTier) -> None:
    shipped = candidate("29-1141.00", 0.9, "Ward Lead", "shipped")
    answer = answers(Question(1, "Ward Lead", (shipped, candidate("29-2061.00", second, "Ward Clerk"))))[0]
    assert answer.tier is tier
    assert answer.reasoning == 'The role equals the shipped title "Ward Lead" of this occupation.'
