"""Reviews: decisions applied together, their history, and what it says about mappers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from onet_pipeline.roles.records import Answer, ConfidenceTier, Method, Role
from onet_pipeline.store.database import Database
from onet_pipeline.store.mappings import MappingStore, new_run
from onet_pipeline.store.records import JudgedRole, Mapping, MappingRun, RoleCounts, SeenUpload
from onet_pipeline.store.releases import OccupationStore
from onet_pipeline.store.review_records import (
    Agreement,
    ReviewDecision,
    ReviewFile,
    Verdict,
    decision_on,
    mapping_version,
)
from onet_pipeline.store.reviews import ReviewStore
from onet_pipeline.store.uploads import UploadStore
from onet_pipeline_tests.support.occupations import eight_occupations

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
FILE = ReviewFile("f" * 64, "city.xlsx", 10, NOW, NOW, "city", applied=1)


@pytest.fixture
def reviews(database: Database) -> ReviewStore:
    return ReviewStore(database)


@pytest.fixture
def mappings(database: Database) -> MappingStore:
    uploads = UploadStore(database)
    uploads.register([SeenUpload("city", "hr/city.csv", 10, None, "a" * 64)])
    roles = (Role("RN", 5, (("Department", "Ward"),)), Role("Clerk", 3))
    uploads.save_roles("city", roles, counts=RoleCounts(8), roles_sha256="r", role_column="title")
    store = MappingStore(database)
    save(store)
    return store


def start(store: MappingStore) -> MappingRun:
    run = new_run("city", mapper="claude", model="haiku", prompt_version="p", index_version="i", onet_version="30.1")
    store.start_run(run)
    return run


def save(
    store: MappingStore,
    nurse: str = "29-1141.00",
    tier: ConfidenceTier = ConfidenceTier.HIGH,
    method: Method = Method.CLAUDE,
) -> None:
    answers = {"RN": nurse, "Clerk": "43-3031.00"}
    judged = [JudgedRole(Role(role, 5), Answer(0, code, tier, "why", method)) for role, code in answers.items()]
    store.save_batch(start(store), judged)


def of_role(store: MappingStore, role: str = "RN") -> Mapping:
    (found,) = (each for each in store.mappings("city") if each.source_role == role)
    return found


def decided(mapping: Mapping, verdict: Verdict, code: str | None, *, at: datetime = NOW) -> ReviewDecision:
    decision = decision_on(mapping, verdict, code, reviewer="A", decided_at=at, applied_at=at, title="Its title")
    return replace(decision, comment="seen", file_name="city.xlsx", file_sha256="f" * 64)


def apply(reviews: ReviewStore, *decisions: ReviewDecision) -> None:
    with reviews.applying() as applying:
        applying.write(decisions)


def test_a_decision_is_in_the_history_and_beside_its_mapping(mappings: MappingStore, reviews: ReviewStore) -> None:
    decision = decided(of_role(mappings), Verdict.CHANGE, "29-2061.00")
    apply(reviews, decision)
    assert reviews.decisions() == reviews.decisions("city") == (decision,)
    assert reviews.decisions("elsewhere") == ()
    now = of_role(mappings)
    assert (now.settled_code, now.settled_title, now.onet_code) == ("29-2061.00", "Its title", "29-1141.00")
    assert (now.user_confirmed, now.confirmed_by, now.confirmed_at, now.confirmed_comment) == (True, "A", NOW, "seen")


def test_a_rejected_code_is_used_no_more_until_a_run_comes_to_another(
    mappings: MappingStore, reviews: ReviewStore
) -> None:
    apply(reviews, decided(of_role(mappings), Verdict.REJECT, None))
    save(mappings)
    rejected = of_role(mappings)
    assert rejected.is_rejected
    assert (rejected.settled_code, rejected.settled_title, rejected.onet_code) == (None, None, "29-1141.00")
    save(mappings, nurse="29-2061.00")
    assert of_role(mappings).settled_code == "29-2061.00"


def test_a_rejection_takes_back_a_confirmation(mappings: MappingStore, reviews: ReviewStore) -> None:
    apply(reviews, decided(of_role(mappings), Verdict.CONFIRM, "29-1141.00"))
    apply(reviews, decided(of_role(mappings), Verdict.REJECT, None))
    now = of_role(mappings)
    assert (now.user_confirmed, now.confirmed_by, now.confirmed_code, now.settled_code) == (False, None, None, None)
    assert len(reviews.decisions()) == 2


def apply_with_its_file(reviews: ReviewStore, decision: ReviewDecision, file: ReviewFile) -> None:
    with reviews.applying() as applying:
        applying.write([decision])
        applying.close(file)


def test_what_fails_in_the_middle_applies_nothing(mappings: MappingStore, reviews: ReviewStore) -> None:
    of_no_upload = replace(FILE, upload_key="nowhere")
    with pytest.raises(IntegrityError):
        apply_with_its_file(reviews, decided(of_role(mappings), Verdict.CONFIRM, "29-1141.00"), of_no_upload)
    assert not of_role(mappings).user_confirmed
    assert not reviews.decisions()
    assert not reviews.files()


def test_a_file_is_known_by_its_content(mappings: MappingStore, reviews: ReviewStore) -> None:
    with reviews.applying() as applying:
        applying.close(FILE)
    with reviews.applying() as applying:
        assert applying.file("f" * 64) == FILE
        assert applying.file("0" * 64) is None
    assert reviews.files() == (FILE,)


def test_mappings_and_their_history_are_found_by_id(mappings: MappingStore, reviews: ReviewStore) -> None:
    nurse, clerk = of_role(mappings), of_role(mappings, "Clerk")
    decision = decided(nurse, Verdict.CONFIRM, "29-1141.00")
    apply(reviews, decision)
    with reviews.applying() as applying:
        assert set(applying.mappings([nurse.id, clerk.id, nurse.id])) == {nurse.id, clerk.id}
        assert applying.history([nurse.id, clerk.id]) == [decision]
        assert {each.id for each in applying.of_upload("city")} == {nurse.id, clerk.id}


def test_the_version_of_a_mapping_changes_with_its_code_and_what_was_said_not_with_its_tier(
    mappings: MappingStore, reviews: ReviewStore
) -> None:
    before = of_role(mappings)
    save(mappings, tier=ConfidenceTier.LOW)
    assert mapping_version(of_role(mappings)) == mapping_version(before)
    save(mappings, nurse="29-2061.00")
    assert mapping_version(of_role(mappings)) != mapping_version(before)
    save(mappings)
    apply(reviews, decided(before, Verdict.CONFIRM, "29-1141.00"))
    assert mapping_version(of_role(mappings)) != mapping_version(before)


def test_agreement_counts_the_latest_judgement_of_each_answer(mappings: MappingStore, reviews: ReviewStore) -> None:
    nurse, clerk = of_role(mappings), of_role(mappings, "Clerk")
    apply(reviews, decided(nurse, Verdict.CHANGE, "29-2061.00"), decided(clerk, Verdict.CONFIRM, "43-3031.00"))
    high = Agreement("30.1", "claude", "haiku", ConfidenceTier.HIGH, agreed=1, judged=2)
    assert reviews.agreements() == (high,)
    apply(reviews, decided(nurse, Verdict.CONFIRM, "29-1141.00", at=NOW + timedelta(hours=1)))
    assert reviews.agreements() == (replace(high, agreed=2),)
    apply(reviews, decided(clerk, Verdict.REJECT, None, at=NOW + timedelta(hours=2)))
    assert reviews.agreements() == (high,)


def test_bulk_confirmations_and_fallbacks_say_nothing_about_the_mapper(
    mappings: MappingStore, reviews: ReviewStore
) -> None:
    apply(reviews, replace(decided(of_role(mappings), Verdict.CONFIRM, "29-1141.00"), bulk=True))
    save(mappings, method=Method.FALLBACK)
    apply(reviews, decided(of_role(mappings, "Clerk"), Verdict.CONFIRM, "43-3031.00"))
    assert reviews.agreements() == ()


def test_agreeing_that_nothing_fits_is_agreement(mappings: MappingStore, reviews: ReviewStore) -> None:
    answer = Answer(0, None, ConfidenceTier.LOW, "why", Method.CLAUDE)
    mappings.save_batch(start(mappings), [JudgedRole(Role("RN", 5), answer)])
    apply(reviews, decided(of_role(mappings), Verdict.NONE_FITS, None))
    assert [(each.agreed, each.judged) for each in reviews.agreements()] == [(1, 1)]


def test_what_stood_confirmed_at_a_moment_never_changes(mappings: MappingStore, reviews: ReviewStore) -> None:
    nurse = of_role(mappings)
    apply(reviews, decided(nurse, Verdict.CONFIRM, "29-1141.00"))
    apply(reviews, decided(nurse, Verdict.CHANGE, "29-2061.00", at=NOW + timedelta(hours=1)))
    apply(reviews, decided(nurse, Verdict.NONE_FITS, None, at=NOW + timedelta(hours=2)))
    told = [reviews.confirmed_codes_at(NOW + timedelta(hours=hours)) for hours in (-1, 0, 1, 2)]
    assert told == [(), (("RN", "29-1141.00"),), (("RN", "29-2061.00"),), ()]


def test_confirmed_roles_are_told_with_where_they_are_from(mappings: MappingStore, reviews: ReviewStore) -> None:
    apply(reviews, decided(of_role(mappings), Verdict.NONE_FITS, None))
    (confirmed,) = reviews.confirmed_roles()
    assert (confirmed.upload_path, confirmed.source_role, confirmed.code) == ("hr/city.csv", "RN", None)
    assert confirmed.context == (("Department", "Ward"),)


def test_confirmed_codes_that_a_release_lacks_are_retired(
    mappings: MappingStore, reviews: ReviewStore, database: Database
) -> None:
    apply(reviews, decided(of_role(mappings), Verdict.CHANGE, "99-9999.00"))
    apply(reviews, decided(of_role(mappings, "Clerk"), Verdict.CONFIRM, "43-3031.00"))
    assert reviews.retired() == (), "without a release nothing is known to be gone"
    OccupationStore(database).replace(eight_occupations())
    assert [each.source_role for each in reviews.retired()] == ["RN"]


def test_a_confirmation_by_the_store_is_in_the_history_too(mappings: MappingStore, reviews: ReviewStore) -> None:
    for code in ("29-1141.00", "29-2061.00", None):
        mappings.confirm("city", "RN", code, by="A")
    assert [each.verdict for each in reviews.decisions()] == [Verdict.CONFIRM, Verdict.CHANGE, Verdict.NONE_FITS]
    assert [each.code_before for each in reviews.decisions()] == ["29-1141.00", "29-1141.00", "29-2061.00"]
