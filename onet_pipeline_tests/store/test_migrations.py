"""Migrations: from nothing to the models and back, on both engines, however many processes begin at once."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.exc import IntegrityError

from onet_pipeline.errors import DatabaseUnavailable
from onet_pipeline.store import migrate
from onet_pipeline.store.database import Database, database_url
from onet_pipeline.store.decisions import DecisionStore
from onet_pipeline.store.engines import make_engine
from onet_pipeline.store.models import Base
from onet_pipeline_tests.support.processes import run_together

CONTRACT = {
    "onet_occupations",
    "onet_alternate_titles",
    "onet_tasks",
    "onet_related_occupations",
    "onet_sync_log",
    "uploads",
    "upload_roles",
    "role_decisions",
    "mapping_runs",
    "role_mappings",
    "review_decisions",
    "review_files",
    "batch_submissions",
    "batch_requests",
    "run_beats",
}


def differences(database: Database) -> list[Any]:
    with database.reading() as session, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression-based index")
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(session.connection(), opts=options)
        found: list[Any] = compare_metadata(context, Base.metadata)
    return found


def table_names(database: Database) -> set[str]:
    with database.reading() as session:
        return set(sa.inspect(session.connection()).get_table_names())


def test_the_migrations_from_nothing_equal_the_models(empty_database: Database) -> None:
    empty_database.upgrade()
    assert table_names(empty_database) == CONTRACT | {"alembic_version"}
    assert differences(empty_database) == []


def test_the_checks_of_the_migrations_are_those_of_the_models(empty_database: Database) -> None:
    empty_database.upgrade()
    with empty_database.reading() as session:
        inspector = sa.inspect(session.connection())
        found = {(table, check["name"]) for table in CONTRACT for check in inspector.get_check_constraints(table)}
    wanted = {
        (table.name, check.name)
        for table in Base.metadata.sorted_tables
        for check in table.constraints
        if isinstance(check, sa.CheckConstraint)
    }
    assert found == wanted


def test_a_status_that_does_not_exist_is_refused_by_the_database(database: Database) -> None:
    strange = sa.text("INSERT INTO uploads (key, path, size, status) VALUES ('a', '/a', 1, 'lost')")
    with pytest.raises(IntegrityError, match="ck_uploads_status"), database.writing() as session:
        session.execute(strange)


def test_a_database_migrates_down_to_nothing_and_up_again(empty_database: Database) -> None:
    empty_database.upgrade()
    empty_database.downgrade("base")
    assert empty_database.revision() is None
    empty_database.upgrade()
    assert empty_database.revision() == migrate.head()
    assert differences(empty_database) == []


def test_the_downgrade_leaves_no_table(empty_postgres_url: str) -> None:
    database = Database(database_url(empty_postgres_url, None, Path()))
    database.upgrade()
    database.downgrade("base")
    engine = sa.create_engine(database_url(empty_postgres_url, None, Path()))
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()
    database.close()


def test_the_first_use_migrates_by_itself(empty_database: Database) -> None:
    with empty_database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM onet_occupations")).scalar_one() == 0


def test_with_auto_migrate_off_the_first_use_says_which_command_to_run(tmp_path: Path) -> None:
    database = Database(database_url(None, None, tmp_path), auto_migrate=False)
    with pytest.raises(DatabaseUnavailable, match="onet-pipeline db upgrade"), database.reading():
        pass
    database.upgrade()
    with database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM uploads")).scalar_one() == 0
    database.close()


def test_a_database_from_a_newer_version_is_refused_and_left_as_it_is(database: Database) -> None:
    with database.writing() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with (
        pytest.raises(DatabaseUnavailable, match="revision 9999, which this version does not know"),
        database.reading(),
    ):
        pass
    assert database.revision() == "9999"


def use(_number: int, database: Database) -> None:
    with database.reading() as session:
        session.execute(sa.text("SELECT count(*) FROM role_mappings"))
    database.close()


def test_processes_that_start_together_on_an_empty_database_all_succeed(empty_database: Database) -> None:
    assert run_together(6, use, empty_database) == []
    assert empty_database.revision() == migrate.head()


def test_a_migration_that_rebuilds_a_parent_table_on_sqlite_keeps_its_children(
    sqlite_database: Database, tmp_path: Path
) -> None:
    with sqlite_database.writing() as session:
        session.execute(sa.text("INSERT INTO onet_occupations (code, title) VALUES ('11-1011.00', 'Chief Executives')"))
        session.execute(
            sa.text("INSERT INTO onet_alternate_titles (id, onet_code, title) VALUES ('a', '11-1011.00', 'CEO')")
        )
    engine = make_engine(database_url(None, None, tmp_path))
    with migrate.locked(engine) as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("onet_occupations", recreate="always") as table:
            table.add_column(sa.Column("note", sa.Text()))
    engine.dispose()
    with sqlite_database.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM onet_alternate_titles")).scalar_one() == 1
        assert session.execute(sa.text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_decision_of_before_is_known_by_its_fingerprint_only_and_survives_the_way_back(
    empty_database: Database,
) -> None:
    empty_database.upgrade("0005")
    columns = "fingerprint, onet_code, tier, reasoning, runners_up, mapper, prompt_version, onet_version, upload_key"
    values = "'f', '29-1141.00', 'HIGH', 'why', '[]', 'claude', 'p', '30.1', 'city'"
    with empty_database._connected().begin() as connection:
        connection.execute(sa.text(f"INSERT INTO role_decisions ({columns}) VALUES ({values})"))
    empty_database.upgrade()
    found = DecisionStore(empty_database).find(["f"])["f"]
    assert (found.code, found.shown) == ("29-1141.00", None)
    assert DecisionStore(empty_database).latest(["", "None", "f"]) == {}
    empty_database.downgrade("0005")
    with empty_database._connected().begin() as connection:
        assert connection.execute(sa.text("SELECT fingerprint FROM role_decisions")).scalars().all() == ["f"]


def test_an_upload_keeps_its_roles_when_it_may_wait_and_does_not_wait_when_it_may_not(empty_database: Database) -> None:
    empty_database.upgrade("0002")
    engine = empty_database._connected()
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO uploads (key, path, size, status) VALUES ('city', 'c.csv', 1, 'seen')"))
        connection.execute(
            sa.text(
                "INSERT INTO upload_roles (upload_key, role_key, position, source_role, row_count, context) "
                "VALUES ('city', 'k', 0, 'Nurse', 1, '[]')"
            )
        )
    empty_database.upgrade()
    with empty_database.writing() as session:
        session.execute(sa.text("UPDATE uploads SET status = 'waiting'"))
    empty_database.downgrade("0002")
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT status FROM uploads")).scalars().all() == ["seen"]
        assert connection.execute(sa.text("SELECT source_role FROM upload_roles")).scalars().all() == ["Nurse"]
