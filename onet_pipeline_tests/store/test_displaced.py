"""Mappings whose occupation a release took away or renamed, on both engines."""

from dataclasses import replace

import pytest

from onet_pipeline.onet.records import Release
from onet_pipeline.roles.records import Answer, Candidate, ConfidenceTier, Method, Role
from onet_pipeline.store.database import Database
from onet_pipeline.store.displaced import DisplacedMapping
from onet_pipeline.store.mappings import MappingStore, new_run
from onet_pipeline.store.records import JudgedRole, RoleCounts, SeenUpload
from onet_pipeline.store.releases import OccupationStore
from onet_pipeline.store.review_records import Verdict, decision_on
from onet_pipeline.store.reviews import ReviewStore
from onet_pipeline.store.uploads import UploadStore
from onet_pipeline_tests.support.occupations import OCCUPATIONS, eight_occupations

TITLES = {each.code: each.title for each in OCCUPATIONS}
NURSES, CODERS, WELDERS = "29-1141.00", "15-1252.00", "51-4121.00"
ROLES = {"RN": (NURSES, 5), "Coder": (CODERS, 3), "Welder": (WELDERS, 8), "Clerk": (None, 1)}


@pytest.fixture
def store(database: Database) -> MappingStore:
    OccupationStore(database).replace(eight_occupations())
    uploads, store = UploadStore(database), MappingStore(database)
    uploads.register([SeenUpload("city", "hr/city.csv", 10, None, "a" * 64)])
    roles = [Role(role, rows) for role, (_, rows) in ROLES.items()]
    uploads.save_roles("city", roles, counts=RoleCounts(17), roles_sha256="r", role_column="title")
    run = new_run("city", mapper="claude", model=None, prompt_version="p", index_version="i", onet_version="30.1")
    store.start_run(run)
    store.save_batch(run, [judged(role) for role in roles])
    return store


def judged(role: Role) -> JudgedRole:
    code, _ = ROLES[role.title]
    shown = (Candidate(code, TITLES[code], 0.9, TITLES[code], "It is.", "title"),) if code else ()
    return JudgedRole(role, Answer(0, code, ConfidenceTier.HIGH, "It says so.", Method.CLAUDE), shown)


def without(*codes: str, renamed: str | None = None) -> Release:
    kept = tuple(
        replace(each, title=f"{each.title} of Today") if each.code == renamed else each
        for each in OCCUPATIONS
        if each.code not in codes
    )
    return Release("31.0", "made in a test", "0" * 64, "9" * 64, kept, (), (), ())


def test_in_the_release_they_were_made_with_all_mappings_have_their_occupation(store: MappingStore) -> None:
    found = store.displaced()
    assert (found.gone, found.renamed, found.first) == (0, 0, ())


def test_codes_that_have_gone_come_before_titles_that_changed(store: MappingStore, database: Database) -> None:
    OccupationStore(database).replace(without(NURSES, renamed=WELDERS))
    found = store.displaced()
    assert (found.gone, found.renamed) == (1, 1)
    nurses, welders = TITLES[NURSES], TITLES[WELDERS]
    assert found.first == (
        DisplacedMapping("city", "RN", 5, NURSES, nurses, None, is_confirmed=False),
        DisplacedMapping("city", "Welder", 8, WELDERS, welders, f"{welders} of Today", is_confirmed=False),
    )
    assert found.first_gone == found.first[:1]


def test_what_counts_is_the_code_that_a_reviewer_chose(store: MappingStore, database: Database) -> None:
    store.confirm("city", "RN", WELDERS, by="A")
    store.confirm("city", "Coder", None, by="A")
    OccupationStore(database).replace(without(NURSES, CODERS))
    assert store.displaced().first == ()
    OccupationStore(database).replace(without(WELDERS))
    assert [(each.source_role, each.is_confirmed) for each in store.displaced().first] == [
        ("RN", True),
        ("Welder", False),
    ]


def test_a_code_that_a_reviewer_rejected_is_nobodys(store: MappingStore, database: Database) -> None:
    (nurse,) = (each for each in store.mappings("city") if each.source_role == "RN")
    with ReviewStore(database).applying() as applying:
        moment = nurse.created_at
        applying.write([decision_on(nurse, Verdict.REJECT, None, reviewer="A", decided_at=moment, applied_at=moment)])
    OccupationStore(database).replace(without(NURSES))
    assert store.displaced().gone == 0


def test_of_withdrawn_uploads_only_confirmations_count(store: MappingStore, database: Database) -> None:
    store.confirm("city", "Coder", CODERS, by="A")
    UploadStore(database).withdraw(["city"])
    OccupationStore(database).replace(without(NURSES, CODERS))
    assert [each.source_role for each in store.displaced().first] == ["Coder"]


def test_all_are_counted_however_few_are_shown(store: MappingStore, database: Database) -> None:
    OccupationStore(database).replace(without(NURSES, CODERS, WELDERS))
    found = store.displaced(limit=2)
    assert (found.gone, [each.source_role for each in found.first]) == (3, ["Welder", "RN"])
