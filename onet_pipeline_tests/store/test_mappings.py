"""Mappings: saved as answers land, never over what a person confirmed, with runs, costs and cached decisions."""

import hashlib
from dataclasses import replace

import pytest

from onet_pipeline.errors import StoreError
from onet_pipeline.onet.records import Occupation
from onet_pipeline.roles.mapper import DecisionKey
from onet_pipeline.roles.records import Answer, Candidate, ConfidenceTier, Method, Role, Usage
from onet_pipeline.store.database import Database
from onet_pipeline.store.decisions import DecisionStore
from onet_pipeline.store.mappings import MappingStore, new_run
from onet_pipeline.store.records import (
    JudgedRole,
    Mapping,
    MappingRun,
    RoleCounts,
    RunOutcome,
    SeenUpload,
    UploadStatus,
)
from onet_pipeline.store.releases import OccupationStore
from onet_pipeline.store.uploads import UploadStore
from onet_pipeline_tests.support.occupations import eight_occupations
from onet_pipeline_tests.support.processes import run_together

NURSES = Candidate("29-1141.00", "Registered Nurses", 0.9, "Staff Nurse", "Look after patients.")
POLICE = Candidate("33-3051.00", "Police Patrol Officers", 0.4, "Police Officer", "Keep the peace.", "alias")
UPLOAD = SeenUpload("city", "/uploads/city.csv", 10, None, "a" * 64)


@pytest.fixture
def store(database: Database) -> MappingStore:
    register(database, Role("RN", 5), Role("Pol Ofcr", 3))
    return MappingStore(database)


@pytest.fixture
def run(store: MappingStore) -> MappingRun:
    return start(store)


def register(database: Database, *roles: Role, upload: SeenUpload = UPLOAD) -> None:
    uploads = UploadStore(database)
    uploads.register([upload])
    uploads.save_roles(upload.key, roles, counts=RoleCounts(8), roles_sha256="r", role_column="title")


def start(store: MappingStore, key: str = "city", **changes: str) -> MappingRun:
    known = {"prompt_version": "p1", "index_version": "i1", "onet_version": "30.1", "content_sha256": "a" * 64}
    run = new_run(key, mapper="claude", model="claude-haiku-5-5", run_id="run-1", **{**known, **changes})
    store.start_run(run)
    return run


def fingerprint(title: str) -> str:
    return hashlib.sha256(title.encode(errors="surrogatepass")).hexdigest()


def judged(title: str, code: str | None = "29-1141.00", *, rows: int = 5, method: Method = Method.CLAUDE) -> JudgedRole:
    answer = Answer(0, code, ConfidenceTier.HIGH, "It says so.", method, ("33-3051.00",), "the ward")
    return JudgedRole(Role(title, rows), answer, (NURSES, POLICE), key=DecisionKey(fingerprint(title)))


def only(store: MappingStore, key: str = "city") -> Mapping:
    (mapping,) = store.mappings(key)
    return mapping


def test_a_mapping_is_stored_with_everything_it_came_from(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("RN")])
    mapping = only(store)
    assert (mapping.upload_key, mapping.source_role, mapping.row_count) == ("city", "RN", 5)
    assert (mapping.onet_code, mapping.onet_title) == ("29-1141.00", "Registered Nurses")
    assert (mapping.confidence, mapping.confidence_score, mapping.method) == (ConfidenceTier.HIGH, 0.95, Method.CLAUDE)
    assert (mapping.reasoning, mapping.runners_up, mapping.missing_information) == (
        "It says so.",
        ("33-3051.00",),
        "the ward",
    )
    assert (mapping.mapper, mapping.model, mapping.run_id) == ("claude", "claude-haiku-5-5", "run-1")
    assert (mapping.prompt_version, mapping.index_version, mapping.onet_version) == ("p1", "i1", "30.1")
    shown = [(each.code, each.title, each.score) for each in mapping.candidates]
    assert shown == [(each.code, each.title, each.score) for each in (NURSES, POLICE)]
    assert mapping.user_confirmed is False
    assert mapping.created_at.utcoffset() is not None


def test_a_role_mapped_again_keeps_its_row_and_takes_the_new_answer(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("RN")])
    before = only(store)
    again = start(store, prompt_version="p2")
    store.save_batch(again, [judged("RN", None, rows=7)])
    after = only(store)
    assert (after.id, after.created_at) == (before.id, before.created_at)
    assert (after.onet_code, after.onet_title, after.row_count, after.prompt_version) == (None, None, 7, "p2")


def test_what_a_person_confirmed_keeps_everything_but_its_row_count(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("RN")])
    confirmed = store.confirm("city", "RN", "33-3051.00", by="a reviewer")
    assert (confirmed.confirmed_code, confirmed.confirmed_by, confirmed.settled_code) == (
        "33-3051.00",
        "a reviewer",
        "33-3051.00",
    )
    assert confirmed.confirmed_at is not None
    store.save_batch(start(store, prompt_version="p2"), [judged("RN", None, rows=7)])
    after = only(store)
    assert replace(after, row_count=5, updated_at=confirmed.updated_at) == confirmed
    assert after.row_count == 7


def test_a_person_can_confirm_that_nothing_fits(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("RN")])
    assert store.confirm("city", "RN", None, by="a reviewer").settled_code is None
    assert only(store).onet_code == "29-1141.00"


def test_confirming_a_role_that_is_not_mapped_is_refused(store: MappingStore) -> None:
    with pytest.raises(StoreError, match="city has no mapping"):
        store.confirm("city", "Astronaut", "29-1141.00", by="a reviewer")


def test_a_new_release_erases_neither_mappings_nor_confirmations(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    releases = OccupationStore(database)
    releases.replace(eight_occupations())
    store.save_batch(run, [judged("RN")])
    confirmed = store.confirm("city", "RN", "33-3051.00", by="a reviewer")
    without = replace(
        eight_occupations(),
        occupations=(Occupation("53-3032.00", "Truck Drivers", "Drive."),),
        alternate_titles=(),
        tasks=(),
        related_occupations=(),
    )
    releases.replace(without)
    assert releases.count() == 1
    assert only(store) == confirmed


def test_mappings_are_listed_by_rows_then_by_role(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("b", rows=1), judged("a", rows=1), judged("z", rows=9)])
    assert [each.source_role for each in store.mappings("city")] == ["z", "a", "b"]


def test_roles_of_ten_thousand_characters_are_told_apart(store: MappingStore, run: MappingRun) -> None:
    long = ("x" * 10_000, "x" * 9_999 + "y")
    store.save_batch(run, [judged(title) for title in long])
    store.save_batch(run, [judged(title, rows=6) for title in long])
    assert [(each.source_role, each.row_count) for each in store.mappings("city")] == [(title, 6) for title in long]


def test_what_no_database_can_hold_does_not_stop_a_batch(store: MappingStore, run: MappingRun) -> None:
    answer = replace(judged("x").answer, reasoning="a\x00b", fallback_reason="\ud800", runners_up=("\x00",))
    store.save_batch(run, [replace(judged("R\x00N", rows=2), answer=answer), judged("R\ufffdN", rows=3)])
    assert [(each.source_role, each.row_count) for each in store.mappings("city")] == [("R\ufffdN", 5)]


def test_a_batch_that_fails_leaves_no_part_of_itself(store: MappingStore, run: MappingRun, database: Database) -> None:
    stranger = replace(run, upload_key="nobody-registered-this")
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        store.save_batch(stranger, [judged("RN")], Usage(calls=1))
    assert store.mappings("nobody-registered-this") == ()
    assert DecisionStore(database).find([fingerprint("RN")]) == {}
    assert store.runs("city")[0].usage.calls == 0


def test_usage_adds_up_and_an_unknown_cost_stays_unknown(store: MappingStore, run: MappingRun) -> None:
    spent = Usage(2, 1, 1000, 100, 50, 25, 3, 0.25)
    store.save_batch(run, [judged("RN")], spent)
    store.save_batch(run, [], spent)
    assert store.runs("city")[0].usage == spent + spent
    store.save_batch(run, [], replace(spent, cost_usd=None))
    store.save_batch(run, [], spent)
    assert store.runs("city")[0].usage == spent + spent + spent + replace(spent, cost_usd=None)
    assert store.runs("city")[0].usage.cost_usd is None


def test_a_finished_run_marks_its_upload_done_and_counts(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    store.save_batch(run, [judged("RN"), judged("Pol Ofcr", "33-3051.00", rows=3, method=Method.CACHED)])
    finished = store.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint="done")
    assert (finished.outcome, finished.by_method, finished.by_tier) == (
        RunOutcome.SUCCEEDED,
        {"claude": 1, "cached": 1},
        {"HIGH": 2},
    )
    assert finished.finished_at is not None
    assert store.runs("city") == (finished,)
    upload = UploadStore(database).get("city")
    assert upload is not None
    assert (upload.status, upload.done_fingerprint) == (UploadStatus.MAPPED, "done")
    assert upload.mapped_at is not None


@pytest.mark.parametrize(
    ("outcome", "reason"), [(RunOutcome.FAILED, "the key was refused"), (RunOutcome.PARTIAL, "2 fallbacks")]
)
def test_a_run_without_a_done_fingerprint_leaves_its_upload_to_do(
    store: MappingStore, run: MappingRun, database: Database, outcome: RunOutcome, reason: str
) -> None:
    finished = store.finish_run(run, outcome, reason=reason)
    assert (finished.outcome, finished.reason) == (outcome, reason)
    upload = UploadStore(database).get("city")
    assert upload is not None
    assert (upload.status, upload.done_fingerprint, upload.mapped_at) == (UploadStatus.SEEN, None, None)


def test_an_upload_that_changed_meanwhile_waits_to_be_mapped(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    uploads = UploadStore(database)
    uploads.register([replace(UPLOAD, content_sha256="b" * 64)])
    store.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint="done")
    upload = uploads.get("city")
    assert upload is not None
    assert (upload.status, upload.done_fingerprint) == (UploadStatus.SEEN, "done")


def test_an_upload_withdrawn_meanwhile_is_mapped_when_it_comes_back(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    uploads = UploadStore(database)
    uploads.withdraw(["city"])
    store.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint="done")
    assert [each.status for each in uploads.all()] == [UploadStatus.WITHDRAWN]
    uploads.register([UPLOAD])
    assert [each.status for each in uploads.all()] == [UploadStatus.MAPPED]


def test_roles_that_left_the_upload_go_but_confirmed_ones_stay_with_no_rows(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    store.save_batch(run, [judged("RN"), judged("Pol Ofcr"), judged("Clerk")])
    store.confirm("city", "Clerk", "43-3031.00", by="a reviewer")
    register(database, Role("RN", 5))
    store.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint="done")
    assert [(each.source_role, each.row_count) for each in store.mappings("city")] == [("RN", 5), ("Clerk", 0)]


def test_a_failed_run_removes_nothing(store: MappingStore, run: MappingRun) -> None:
    store.save_batch(run, [judged("RN"), judged("Clerk")])
    store.finish_run(run, RunOutcome.FAILED, reason="the key was refused")
    assert len(store.mappings("city")) == 2


def test_mappings_are_counted_per_upload_by_tier_and_method(
    store: MappingStore, run: MappingRun, database: Database
) -> None:
    register(database, Role("RN", 1), upload=replace(UPLOAD, key="county"))
    low = replace(judged("x").answer, code=None, tier=ConfidenceTier.LOW, method=Method.FALLBACK)
    store.save_batch(run, [judged("RN"), judged("Clerk", rows=2), replace(judged("?", rows=1), answer=low)])
    store.save_batch(start(store, "county"), [judged("RN", rows=1)])
    store.confirm("city", "RN", None, by="a reviewer")
    counts = store.counts()
    city = counts["city"]
    assert (city.roles, city.rows, city.unmapped, city.confirmed) == (3, 8, 1, 1)
    assert city.by_tier == {ConfidenceTier.HIGH: 2, ConfidenceTier.LOW: 1}
    assert city.by_method == {Method.CLAUDE: 2, Method.FALLBACK: 1}
    assert store.counts(["county", "nowhere"]) == {"county": counts["county"]}
    assert store.counts([]) == {}


def save_batches(number: int, database: Database, batches: int) -> None:
    store = MappingStore(database)
    run = start(store, f"upload-{number % 3}")
    for batch in range(batches):
        store.save_batch(run, [judged(f"role {number} {batch} {each}") for each in range(12)], Usage(calls=1))
    database.close()


def test_processes_that_save_at_the_same_time_all_succeed(database: Database) -> None:
    for number in range(3):
        register(database, upload=replace(UPLOAD, key=f"upload-{number}"))
    assert run_together(6, save_batches, database, 10) == []
    store = MappingStore(database)
    assert sum(counts.roles for counts in store.counts().values()) == 6 * 10 * 12
    assert [run.usage.calls for number in range(3) for run in store.runs(f"upload-{number}")] == [10] * 6
