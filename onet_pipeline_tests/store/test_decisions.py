"""The decision cache: what is kept, what is not, and finding many at once."""

from dataclasses import replace

import pytest

from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Answer, ConfidenceTier, Method, Role, SecondLook
from onet_pipeline.roles.standing import marks
from onet_pipeline.store.database import Database
from onet_pipeline.store.decisions import DecisionStore
from onet_pipeline.store.mappings import MappingStore, new_run
from onet_pipeline.store.records import JudgedRole, MappingRun, SeenUpload
from onet_pipeline.store.uploads import UploadStore
from onet_pipeline_tests.support.processes import run_together
from onet_pipeline_tests.support.questions import candidate

ANSWER = Answer(0, "29-1141.00", ConfidenceTier.MEDIUM, "It says so.", Method.CLAUDE, ("29-2061.00",), "the ward")
SHOWN = (candidate("29-1141.00"), candidate("29-2061.00"))


@pytest.fixture
def run(database: Database) -> MappingRun:
    UploadStore(database).register([SeenUpload("city", "/uploads/city.csv", 1, None, "a")])
    started = new_run(
        "city", mapper="claude", model="m", prompt_version="p", index_version="i", onet_version="30.1", run_id="run-1"
    )
    MappingStore(database).start_run(started)
    return started


def judged(
    title: str, answer: Answer = ANSWER, fingerprint: str | None = "f", question: str | None = None
) -> JudgedRole:
    return JudgedRole(Role(title, 1), answer, SHOWN, key=DecisionKey(fingerprint, question) if fingerprint else None)


def test_a_decision_comes_back_with_where_it_was_made(database: Database, run: MappingRun) -> None:
    MappingStore(database).save_batch(run, [judged("RN")])
    decision = DecisionStore(database).find(["f"])["f"]
    assert (decision.code, decision.tier, decision.reasoning) == ("29-1141.00", ConfidenceTier.MEDIUM, "It says so.")
    assert (decision.runners_up, decision.missing_information) == (("29-2061.00",), "the ward")
    assert (decision.mapper, decision.model, decision.prompt_version, decision.onet_version) == (
        "claude",
        "m",
        "p",
        "30.1",
    )
    assert decision.origin == "city, O*NET 30.1, run run-1"
    assert decision.shown == marks(SHOWN)


@pytest.mark.parametrize("method", [Method.FALLBACK, Method.CACHED, Method.REVIEWED])
def test_only_an_answer_that_was_decided_is_kept(database: Database, run: MappingRun, method: Method) -> None:
    MappingStore(database).save_batch(run, [judged("RN", replace(ANSWER, method=method))])
    assert DecisionStore(database).find(["f"]) == {}


def test_an_answer_without_a_fingerprint_is_not_kept(database: Database, run: MappingRun) -> None:
    MappingStore(database).save_batch(run, [judged("RN", fingerprint=None)])
    assert DecisionStore(database).find(["f", "None", ""]) == {}


def test_two_spellings_with_one_fingerprint_are_one_decision(database: Database, run: MappingRun) -> None:
    MappingStore(database).save_batch(run, [judged("RN"), judged("rn")])
    assert list(DecisionStore(database).find(["f"])) == ["f"]
    assert len(MappingStore(database).mappings("city")) == 2


def test_a_question_asked_anew_replaces_its_decision(database: Database, run: MappingRun) -> None:
    store = MappingStore(database)
    store.save_batch(run, [judged("RN")])
    first = DecisionStore(database).find(["f"])["f"]
    store.save_batch(run, [judged("RN", replace(ANSWER, code=None))])
    second = DecisionStore(database).find(["f"])["f"]
    assert second.code is None
    assert second.decided_at > first.decided_at


def test_more_fingerprints_than_a_statement_has_parameters_can_be_asked_for(
    database: Database, run: MappingRun
) -> None:
    many = [judged(f"role {number}", fingerprint=f"{number:064}") for number in range(0, 40_000, 100)]
    MappingStore(database).save_batch(run, many)
    found = DecisionStore(database).find([f"{number:064}" for number in range(40_000)])
    assert sorted(found) == [each.key.fingerprint for each in many if each.key]
    assert DecisionStore(database).find([]) == {}


def test_the_latest_decision_on_a_question_is_found_whatever_its_candidates_were(
    database: Database, run: MappingRun
) -> None:
    store = MappingStore(database)
    store.save_batch(run, [judged("RN", fingerprint="z", question="q")])
    store.save_batch(run, [judged("RN", replace(ANSWER, code=None), fingerprint="a", question="q")])
    store.save_batch(run, [judged("LPN", fingerprint="b", question="r")])
    found = DecisionStore(database).latest(["q", "s"])
    assert [(question, each.fingerprint, each.code) for question, each in found.items()] == [("q", "a", None)]
    store.save_batch(run, [judged("RN", fingerprint="z", question="q")])
    assert DecisionStore(database).latest(["q"])["q"].fingerprint == "z"


def test_a_decision_without_a_question_is_found_by_its_fingerprint_only(database: Database, run: MappingRun) -> None:
    MappingStore(database).save_batch(run, [judged("RN")])
    assert DecisionStore(database).latest(["", "f", "None"]) == {}
    assert DecisionStore(database).find(["f"])


def test_more_questions_than_a_statement_has_parameters_can_be_asked_for(database: Database, run: MappingRun) -> None:
    numbers = range(0, 40_000, 100)
    many = [judged(f"role {each}", fingerprint=f"f{each:063}", question=f"q{each:063}") for each in numbers]
    MappingStore(database).save_batch(run, many)
    found = DecisionStore(database).latest([f"q{number:063}" for number in range(40_000)])
    assert sorted(found) == [f"q{each:063}" for each in numbers]
    assert DecisionStore(database).latest([]) == {}


def decide_alike(number: int, database: Database, run: MappingRun) -> None:
    """Save the same decisions as every other process, half of them in the opposite order."""
    order = range(300) if number % 2 else range(299, -1, -1)
    own = replace(run, upload_key=f"upload-{number}")
    for _ in range(5):
        MappingStore(database).save_batch(own, [judged(f"role {each}", fingerprint=f"{each:064}") for each in order])
    database.close()


def test_runs_that_decide_the_same_questions_never_lock_each_other_out(database: Database, run: MappingRun) -> None:
    uploads = [SeenUpload(f"upload-{number}", "/uploads/x.csv", 1, None, "a") for number in range(4)]
    UploadStore(database).register(uploads)
    assert run_together(4, decide_alike, database, run) == []
    assert len(DecisionStore(database).find([f"{number:064}" for number in range(300)])) == 300


def test_how_two_looks_agreed_is_kept_with_the_row_and_with_the_decision(database: Database, run: MappingRun) -> None:
    MappingStore(database).save_batch(run, [judged("RN", replace(ANSWER, second_look=SecondLook.DISAGREED))])
    assert DecisionStore(database).find(["f"])["f"].second_look is SecondLook.DISAGREED
    (row,) = MappingStore(database).mappings("city")
    assert row.second_look is SecondLook.DISAGREED
