"""The registry of uploads: what a scan changes and what it leaves alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from onet_pipeline.errors import StoreError
from onet_pipeline.roles.records import Role
from onet_pipeline.store.database import Database
from onet_pipeline.store.mappings import MappingStore, new_run
from onet_pipeline.store.records import RoleCounts, RunOutcome, SeenUpload, Upload, UploadStatus
from onet_pipeline.store.uploads import UploadStore

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FILE = SeenUpload("city", "/uploads/City.csv", 100, NOON, "a" * 64)
CHANGED = replace(FILE, size=120, modified_at=NOON + timedelta(hours=1), content_sha256="b" * 64)
WRITING = replace(CHANGED, content_sha256=None)


@pytest.fixture
def store(database: Database) -> UploadStore:
    return UploadStore(database)


def upload(store: UploadStore, key: str = "city") -> Upload:
    found = store.get(key)
    assert found is not None
    return found


def save(store: UploadStore, *roles: Role) -> None:
    counts = RoleCounts(row_count=9, blank_count=2, totals_count=1)
    store.save_roles("city", roles, counts=counts, roles_sha256="c" * 64, role_column="Job Title")


def mark_mapped(database: Database) -> None:
    mappings = MappingStore(database)
    run = new_run("city", mapper="lexical", model=None, prompt_version="1", index_version="i", onet_version="30.1")
    mappings.start_run(run)
    mappings.finish_run(run, RunOutcome.SUCCEEDED, done_fingerprint="done")


def test_a_new_file_is_seen(store: UploadStore) -> None:
    assert store.register([FILE]) == 1
    found = upload(store)
    assert (found.path, found.size, found.modified_at, found.content_sha256) == (
        "/uploads/City.csv",
        100,
        NOON,
        "a" * 64,
    )
    assert found.status is UploadStatus.SEEN
    assert found.attempts == 0
    assert found.seen_at.tzinfo is UTC


def test_an_unchanged_file_writes_nothing(store: UploadStore) -> None:
    store.register([FILE])
    before = upload(store)
    assert store.register([FILE]) == 0
    assert upload(store) == before


def test_changed_content_is_seen_again(store: UploadStore, database: Database) -> None:
    store.register([FILE])
    mark_mapped(database)
    assert upload(store).status is UploadStatus.MAPPED
    store.register([CHANGED])
    found = upload(store)
    assert (found.status, found.content_sha256) == (UploadStatus.SEEN, "b" * 64)
    assert found.done_fingerprint == "done"


def test_a_touched_file_with_the_same_content_stays_mapped(store: UploadStore, database: Database) -> None:
    store.register([FILE])
    mark_mapped(database)
    store.register([replace(FILE, modified_at=NOON + timedelta(days=1))])
    found = upload(store)
    assert (found.status, found.modified_at) == (UploadStatus.MAPPED, NOON + timedelta(days=1))


def test_a_file_still_being_written_is_unsettled_and_keeps_its_last_content(store: UploadStore) -> None:
    store.register([FILE])
    store.register([WRITING])
    found = upload(store)
    assert (found.status, found.size, found.content_sha256) == (UploadStatus.UNSETTLED, 120, "a" * 64)
    store.register([CHANGED])
    assert upload(store).status is UploadStatus.SEEN


def test_a_file_first_seen_while_being_written_has_no_content_yet(store: UploadStore) -> None:
    store.register([WRITING])
    assert (upload(store).status, upload(store).content_sha256) == (UploadStatus.UNSETTLED, None)
    store.register([CHANGED])
    assert (upload(store).status, upload(store).content_sha256) == (UploadStatus.SEEN, "b" * 64)


def test_a_file_says_since_when_it_is_being_written_until_it_settles(store: UploadStore) -> None:
    store.register([FILE])
    assert upload(store).unsettled_since is None
    before = datetime.now(UTC)
    store.register([WRITING])
    since = upload(store).unsettled_since
    assert since is not None
    assert since >= before
    store.register([replace(WRITING, size=140)])
    assert upload(store).unsettled_since == since, "writing on does not begin anew"
    store.register([CHANGED])
    assert upload(store).unsettled_since is None


@pytest.mark.parametrize("passing", ["withdrawn", "unsettled", "both"])
def test_a_file_that_comes_back_unchanged_has_the_status_it_had(
    store: UploadStore, database: Database, passing: str
) -> None:
    store.register([FILE])
    mark_mapped(database)
    if passing != "withdrawn":
        store.register([WRITING])
    if passing != "unsettled":
        store.withdraw(["city"])
        store.withdraw(["city"])
    assert upload(store).status is (UploadStatus.UNSETTLED if passing == "unsettled" else UploadStatus.WITHDRAWN)
    store.register([FILE])
    assert upload(store).status is UploadStatus.MAPPED


def test_a_withdrawn_file_that_comes_back_changed_is_seen(store: UploadStore) -> None:
    store.register([FILE])
    store.withdraw(["city", "never-registered"])
    store.register([CHANGED])
    assert upload(store).status is UploadStatus.SEEN


def test_a_rejected_file_stays_rejected_until_its_content_changes(store: UploadStore) -> None:
    store.register([FILE])
    store.reject("city", "No column could hold the roles.")
    store.register([FILE])
    assert (upload(store).status, upload(store).reason) == (UploadStatus.REJECTED, "No column could hold the roles.")
    store.register([CHANGED])
    assert (upload(store).status, upload(store).reason) == (UploadStatus.SEEN, None)


def test_reading_the_roles_after_all_ends_a_rejection(store: UploadStore) -> None:
    store.register([FILE])
    store.reject("city", "Two columns could hold the roles.")
    save(store, Role("Clerk", 6))
    assert (upload(store).status, upload(store).reason) == (UploadStatus.SEEN, None)


def test_roles_come_back_in_order_with_their_counts_and_context(store: UploadStore) -> None:
    roles = (Role("Sr. SWE II", 4, (("department", "IT"), ("grade", "7"))), Role("pol ofcr", 1), Role("Pol Ofcr", 1))
    store.register([FILE])
    save(store, *roles)
    assert store.roles("city") == roles
    found = upload(store)
    assert (found.row_count, found.role_count, found.blank_count, found.totals_count) == (9, 3, 2, 1)
    assert (found.role_column, found.roles_sha256) == ("Job Title", "c" * 64)


def test_saved_roles_replace_the_earlier_ones(store: UploadStore) -> None:
    store.register([FILE])
    save(store, Role("Clerk", 1), Role("Nurse", 2))
    save(store, Role("Nurse", 3))
    assert store.roles("city") == (Role("Nurse", 3),)
    save(store)
    assert store.roles("city") == ()


def test_roles_that_databases_find_hard_come_back(store: UploadStore) -> None:
    hard = ("x" * 10_000, "x" * 9_999 + "y", "Ärztin 👩‍⚕️", "' OR 1=1 --", "%_\\", " padded ", "a\tb\nc", "𝕊𝕎𝔼")
    store.register([FILE])
    save(store, *(Role(title, 1) for title in hard))
    assert tuple(role.title for role in store.roles("city")) == hard


def test_what_no_database_can_hold_is_replaced_and_counted_once(store: UploadStore) -> None:
    store.register([FILE])
    save(store, Role("Cl\x00erk", 1, (("dep\x00t", "a\ud800b"),)), Role("Cl\ufffderk", 2), Role("\ud800", 1))
    assert store.roles("city") == (Role("Cl\ufffderk", 3, (("dep\ufffdt", "a\ufffdb"),)), Role("\ufffd", 1))


def test_attempts_count_per_fingerprint(store: UploadStore) -> None:
    store.register([FILE])
    assert [store.attempt("city", each) for each in ("f", "f", "g", "f")] == [1, 2, 1, 1]
    found = upload(store)
    assert (found.attempted_fingerprint, found.attempts) == ("f", 1)
    assert found.attempted_at is not None


def test_an_upload_nobody_registered_is_refused(store: UploadStore) -> None:
    assert store.get("city") is None
    assert store.roles("city") == ()
    with pytest.raises(StoreError, match="city is not registered"):
        store.reject("city", "unreadable")
    with pytest.raises(StoreError, match="city is not registered"):
        store.attempt("city", "f")
    with pytest.raises(StoreError, match="city is not registered"):
        save(store, Role("Clerk", 1))


def test_uploads_are_listed_by_key_and_by_status(store: UploadStore) -> None:
    store.register([replace(FILE, key=key) for key in ("c", "a", "b")])
    store.withdraw(["b"])
    assert [each.key for each in store.all()] == ["a", "b", "c"]
    assert [each.key for each in store.all(UploadStatus.WITHDRAWN)] == ["b"]
    assert store.all(UploadStatus.MAPPED) == ()


def test_ten_thousand_uploads_are_registered_and_withdrawn_at_once(store: UploadStore) -> None:
    many = [replace(FILE, key=f"upload-{number:05}") for number in range(10_000)]
    assert store.register(many) == 10_000
    assert store.register(many) == 0
    assert len(store.all()) == 10_000
    store.withdraw([each.key for each in many])
    assert len(store.all(UploadStatus.WITHDRAWN)) == 10_000


def test_a_time_in_another_zone_is_the_same_moment(store: UploadStore) -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    store.register([replace(FILE, modified_at=tokyo)])
    assert upload(store).modified_at == NOON
    assert store.register([FILE]) == 0


def test_a_time_without_a_zone_is_refused(store: UploadStore) -> None:
    with pytest.raises(Exception, match="without a zone"):
        store.register([replace(FILE, modified_at=NOON.replace(tzinfo=None))])
