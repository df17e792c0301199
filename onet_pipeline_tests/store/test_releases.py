"""The store of releases: replaced whole or not at all, given back as it was, searched alike on both engines."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from onet_pipeline.errors import NoRelease
from onet_pipeline.onet.comparison import compare
from onet_pipeline.onet.records import AlternateTitle, Occupation, RelatedOccupation, Release, Task
from onet_pipeline.store.database import Database
from onet_pipeline.store.models import AlternateTitleRow, OccupationRow, TaskRow
from onet_pipeline.store.records import SyncStatus
from onet_pipeline.store.releases import OccupationStore
from onet_pipeline_tests.support.occupations import OCCUPATIONS, RELATED, TASKS, TITLES, eight_occupations
from onet_pipeline_tests.support.processes import run_together

OTHER = Release(
    version="30.2",
    source="made in a test",
    archive_sha256="2" * 64,
    content_sha256="3" * 64,
    occupations=(Occupation("53-3032.00", "Truck Drivers", "Drive."), replace(OCCUPATIONS[2], title="Program Writers")),
    alternate_titles=(AlternateTitle("53-3032.00", "Trucker"), AlternateTitle("15-1252.00", "Software Engineer")),
    tasks=(Task("15-1252.00", 201, "Find out why a program fails.", "Core", 4.9),),
    related_occupations=(RelatedOccupation("53-3032.00", "15-1252.00", 1),),
)


@pytest.fixture
def store(database: Database) -> OccupationStore:
    return OccupationStore(database)


def title_ids(database: Database) -> dict[tuple[str, str], object]:
    with database.reading() as session:
        rows = session.execute(sa.select(AlternateTitleRow.onet_code, AlternateTitleRow.title, AlternateTitleRow.id))
        return {(code, title): row_id for code, title, row_id in rows}


def content(release: Release) -> tuple[set[object], ...]:
    return tuple(
        set(table)
        for table in (release.occupations, release.alternate_titles, release.tasks, release.related_occupations)
    )


def codes(release: Release) -> set[str]:
    return {title.code for title in release.alternate_titles} | {task.code for task in release.tasks}


def test_a_release_comes_back_whole_and_in_order_of_code(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    back = store.load_release()
    assert content(back) == content(eight_occupations())
    assert (back.version, back.content_sha256, back.source) == ("30.1", "1" * 64, "made in a test")
    for table in (back.occupations, back.alternate_titles, back.tasks, back.related_occupations):
        assert [each.code for each in table] == sorted(each.code for each in table)
    assert len(back.alternate_titles) == len(TITLES)
    assert len(back.tasks) == len(TASKS)
    assert len(back.related_occupations) == len(RELATED)


def test_the_sync_log_says_what_was_loaded(store: OccupationStore) -> None:
    written = store.replace(eight_occupations(), seconds=2.0)
    assert store.latest_sync() == written
    assert (written.version, written.status) == ("30.1", SyncStatus.SUCCESS)
    assert (written.occupation_count, written.alternate_title_count, written.task_count) == (8, 14, 3)
    assert (written.archive_sha256, written.content_sha256) == ("0" * 64, "1" * 64)
    assert written.seconds is not None
    assert written.seconds >= 2.0
    assert written.synced_at.utcoffset() is not None


def test_an_unchanged_release_writes_nothing_but_its_line_in_the_log(
    store: OccupationStore, database: Database
) -> None:
    first = store.replace(eight_occupations())
    ids = title_ids(database)
    again = store.replace(eight_occupations())
    assert first.rows_written == 8 + 14 + 3 + 3
    assert again.rows_written == 0
    assert title_ids(database) == ids
    assert [sync.id for sync in store.syncs()] == [again.id, first.id]


def test_only_what_changed_is_written_and_other_rows_keep_their_ids(store: OccupationStore, database: Database) -> None:
    store.replace(eight_occupations())
    ids = title_ids(database)
    titles = (replace(TITLES[0], sources="08"), *TITLES[2:], AlternateTitle("15-1252.00", "Coder"))
    changed = replace(
        eight_occupations(), alternate_titles=titles, tasks=(replace(TASKS[0], importance=1.5), *TASKS[1:])
    )
    assert store.replace(changed).rows_written == 4
    assert content(store.load_release()) == content(changed)
    kept = {key: row_id for key, row_id in title_ids(database).items() if key in ids}
    assert kept == {
        key: row_id for key, row_id in ids.items() if key != ("13-2011.00", "Certified Public Accountant (CPA)")
    }


def test_another_release_replaces_every_table(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    store.replace(OTHER)
    assert content(store.load_release()) == content(OTHER)
    assert store.count() == 2
    assert store.get("29-1141.00") is None
    assert store.get("15-1252.00") == OTHER.occupations[1]


def test_equal_titles_of_one_code_are_both_kept_and_not_rewritten(store: OccupationStore) -> None:
    twice = (AlternateTitle("15-1252.00", "Coder", None, "01"), AlternateTitle("15-1252.00", "Coder", None, "02"))
    twins = replace(eight_occupations(), alternate_titles=(*twice, twice[0]))
    store.replace(twins)
    assert store.load_release().alternate_titles == (twice[0], twice[0], twice[1])
    assert store.replace(twins).rows_written == 0
    fewer = replace(twins, alternate_titles=(twice[1],))
    assert store.replace(fewer).rows_written == 2
    assert store.load_release().alternate_titles == (twice[1],)


def test_a_failed_replace_leaves_the_old_release_and_its_log(store: OccupationStore) -> None:
    first = store.replace(eight_occupations())
    orphan = replace(OTHER, tasks=(Task("99-9999.00", 1, "Belongs to no occupation."),))
    with pytest.raises(SQLAlchemyError):
        store.replace(orphan)
    assert content(store.load_release()) == content(eight_occupations())
    assert store.syncs() == (first,)


def test_a_failed_sync_is_logged_and_is_not_the_latest(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    failed = store.log_failure("30.2", error="The archive is truncated.", source="a mirror", seconds=1.0)
    assert failed.status is SyncStatus.FAILED
    assert store.syncs(1) == (failed,)
    latest = store.latest_sync()
    assert latest is not None
    assert latest.version == "30.1"
    assert store.load_release().version == "30.1"


def test_the_log_keeps_what_the_current_release_changed_until_another_comes(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    assert store.latest_changes() is None
    store.replace(OTHER)
    changes = store.latest_changes()
    assert changes == compare(eight_occupations(), OTHER)
    assert changes is not None
    assert changes.direction == "from 30.1 to 30.2"
    store.replace(OTHER)
    store.log_failure("31.0", error="the mirror is down")
    assert store.latest_changes() == changes
    store.replace(eight_occupations())
    back = store.latest_changes()
    assert back is not None
    assert back.direction == "rolled back from 30.2 to 30.1"
    assert back.occupations_added == changes.occupations_removed


def test_before_the_first_sync_there_is_no_release(store: OccupationStore) -> None:
    assert store.latest_sync() is None
    assert store.count() == 0
    assert store.all() == ()
    assert store.search("nurse") == ()
    with pytest.raises(NoRelease, match="onet-pipeline sync"):
        store.load_release()


def test_an_occupation_takes_its_titles_and_tasks_along(store: OccupationStore, database: Database) -> None:
    store.replace(eight_occupations())
    with database.writing() as session:
        session.execute(sa.delete(OccupationRow).where(OccupationRow.code == "15-1252.00"))
    back = store.load_release()
    assert "15-1252.00" not in codes(back)
    with database.writing() as session:
        session.delete(session.get_one(OccupationRow, "29-1141.00"))
    back = store.load_release()
    assert all("29-1141.00" not in (each.code, each.related_code) for each in back.related_occupations)
    assert "29-1141.00" not in codes(back)


def read_while_replacing(number: int, database: Database, rounds: int) -> None:
    """Process 0 replaces one release by the other, the rest read: each must see one of the two, whole."""
    store = OccupationStore(database)
    releases = (eight_occupations(), OTHER)
    for turn in range(rounds):
        if number == 0:
            store.replace(releases[turn % 2])
        else:
            seen = store.load_release()
            assert content(seen) == content(releases[seen.version == "30.2"]), f"a mixture as {seen.version}"
    database.close()


def test_readers_see_the_old_release_or_the_new_one_never_a_mixture(database: Database) -> None:
    OccupationStore(database).replace(eight_occupations())
    assert run_together(4, read_while_replacing, database, 25) == []


def replace_often(number: int, database: Database) -> None:
    for turn in range(5):
        OccupationStore(database).replace((eight_occupations(), OTHER)[(number + turn) % 2])
    database.close()


def test_syncs_that_meet_queue(database: Database, store: OccupationStore) -> None:
    assert run_together(4, replace_often, database) == []
    syncs = store.syncs(100)
    assert len(syncs) == 20
    back = store.load_release()
    assert content(back) == content(OTHER if back.version == "30.2" else eight_occupations())


def test_a_reader_is_not_kept_waiting_by_a_writer(database: Database, store: OccupationStore) -> None:
    store.replace(eight_occupations())
    seen: list[int] = []
    with database.writing() as session:
        session.execute(sa.delete(OccupationRow))
        reader = threading.Thread(target=lambda: seen.append(store.count()))
        reader.start()
        reader.join(10)
        session.rollback()
    assert seen == [8]


def test_search_ranks_and_says_which_title_matched(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    hits = store.search("police officer")
    assert (hits[0].code, hits[0].title) == ("33-3051.00", "Police Patrol Officers")
    assert hits[0].matched_title in ("Police Officer", "Police Patrol Officers")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert store.search("Arc Welder")[0].code == "51-4121.00"


def test_search_needs_only_one_word_to_match(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    assert store.search("Sr. Accountant II (Interim)")[0].code == "13-2011.00"


def test_search_finds_by_description(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    assert [hit.code for hit in store.search("computer")] == ["15-1252.00"]


def test_search_gives_each_occupation_once_and_no_more_than_asked_for(store: OccupationStore) -> None:
    store.replace(eight_occupations())
    hits = store.search("nurse nurses staff practical registered", limit=2)
    assert len(hits) == len({hit.code for hit in hits}) == 2
    assert store.search("nurse", limit=0) == ()


@pytest.mark.parametrize(
    "text", ["", "  ", "&|!():*'", "%", "_", "\x00", "zzzz", "the", "'; DROP TABLE onet_tasks; --", "x" * 10_000]
)
def test_search_survives_any_text(store: OccupationStore, text: str) -> None:
    store.replace(eight_occupations())
    assert len(store.search(text)) <= 8


def test_full_text_search_uses_the_indexes(postgres_database: Database) -> None:
    store = OccupationStore(postgres_database)
    store.replace(eight_occupations())
    asked = "SELECT 1 FROM {} WHERE {} @@ to_tsquery('english', 'nurse')"
    vectors = {
        "onet_occupations": "to_tsvector('english', (title || ' ') || coalesce(description, ''))",
        "onet_alternate_titles": "to_tsvector('english', title)",
    }
    with postgres_database.reading() as session:
        session.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for table, vector in vectors.items():
            assert f"ix_{table}_words" in plan(session, asked.format(table, vector))


def plan(session: Session, query: str) -> str:
    return "\n".join(session.scalars(sa.text(f"EXPLAIN {query}")))


def test_times_are_kept_in_utc(store: OccupationStore, database: Database) -> None:
    store.replace(eight_occupations())
    with database.reading() as session:
        moments = session.scalars(sa.select(OccupationRow.updated_at)).all()
    assert {str(moment.tzinfo) for moment in moments} == {"UTC"}


def test_a_changed_occupation_says_when(store: OccupationStore, database: Database) -> None:
    store.replace(eight_occupations())
    long_ago = sa.text("UPDATE onet_occupations SET updated_at = '2001-01-01 00:00:00+00:00'")
    with database.writing() as session:
        session.execute(long_ago if database.dialect == "postgresql" else sa.text(str(long_ago).replace("+00:00", "")))
    changed = (replace(OCCUPATIONS[0], title="Hospital Managers"), *OCCUPATIONS[1:])
    store.replace(replace(eight_occupations(), occupations=changed))
    with database.reading() as session:
        years = {row.code: row.updated_at.year for row in session.scalars(sa.select(OccupationRow))}
    assert [code for code, year in years.items() if year > 2001] == [OCCUPATIONS[0].code]


def test_sqlite_keeps_its_file_where_the_address_says(sqlite_database: Database, tmp_path: Path) -> None:
    OccupationStore(sqlite_database).replace(eight_occupations())
    assert (tmp_path / "onet.db").stat().st_size > 0


def test_tasks_keep_their_importance_or_none(store: OccupationStore, database: Database) -> None:
    store.replace(eight_occupations())
    with database.reading() as session:
        found = session.execute(sa.select(TaskRow.task_id, TaskRow.importance).order_by(TaskRow.task_id)).all()
    assert [tuple(row) for row in found] == [(201, 4.5), (301, 4.8), (401, None)]
