"""Transactions: whole or not at all, snapshots, forks, and roles that may not change the schema."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from onet_pipeline.errors import DatabaseUnavailable
from onet_pipeline.store import migrate
from onet_pipeline.store.database import Database, database_url
from onet_pipeline.store.engines import make_engine
from onet_pipeline.store.models import OccupationRow

FORK = """
import os, sys
from pathlib import Path
from onet_pipeline.store.database import Database, database_url
from onet_pipeline.store.releases import OccupationStore

store = OccupationStore(Database(database_url(sys.argv[1] or None, None, Path(sys.argv[2]))))
assert store.count() == 0
if os.fork() == 0:
    assert store.count() == 0
    os._exit(0)
assert os.wait()[1] == 0
assert store.count() == 0
"""


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    both = (OccupationRow(code="11-1011.00", title="Chief Executives"), OccupationRow(code="11-1021.00", title=None))
    with pytest.raises(SQLAlchemyError), database.writing() as session:
        session.add_all(both)
    with database.reading() as session:
        assert session.scalars(sa.select(OccupationRow)).all() == []


def test_a_reader_keeps_its_snapshot_while_others_write(database: Database) -> None:
    count = sa.select(sa.func.count()).select_from(OccupationRow)
    with database.reading() as reader:
        assert reader.scalar(count) == 0
        with database.writing() as writer:
            writer.add(OccupationRow(code="11-1011.00", title="Chief Executives"))
        assert reader.scalar(count) == 0
    with database.reading() as reader:
        assert reader.scalar(count) == 1


def test_a_reader_on_postgresql_cannot_write(postgres_database: Database) -> None:
    with pytest.raises(SQLAlchemyError, match="read-only"), postgres_database.reading() as session:
        session.execute(sa.insert(OccupationRow).values(code="11-1011.00", title="Chief Executives"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_forked_process_opens_connections_of_its_own(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    url = request.getfixturevalue("empty_postgres_url") if engine == "postgresql" else ""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", FORK, url, str(tmp_path)]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_role_that_may_not_change_the_schema_is_told_so(empty_postgres_url: str) -> None:
    owner = make_engine(database_url(empty_postgres_url, None, Path()))
    role = sa.make_url(empty_postgres_url).database
    with owner.begin() as connection:
        connection.execute(sa.text(f"CREATE ROLE {role} LOGIN PASSWORD 'reader'"))
    limited = (
        sa.make_url(empty_postgres_url).set(username=role, password="reader").render_as_string(hide_password=False)
    )
    database = Database(database_url(limited, None, Path()))
    with pytest.raises(DatabaseUnavailable, match="permission denied"), database.reading():
        pass
    with pytest.raises(DatabaseUnavailable, match="permission denied"):
        database.upgrade()
    database.close()
    with owner.begin() as connection:
        connection.execute(sa.text(f"DROP ROLE {role}"))
    owner.dispose()


def test_a_migration_can_be_drafted_from_the_models(
    postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    shipped = Path(migrate.__file__).parent / "migrations"
    known = sorted((shipped / "versions").glob("*.py"))
    for file in (shipped / "env.py", shipped / "script.py.mako", *known):
        (tmp_path / "migrations" / file.relative_to(shipped)).write_text(file.read_text())
    with postgres_database.writing() as session:
        session.execute(sa.text("DROP INDEX ix_uploads_status"))
        session.execute(sa.text("ALTER TABLE uploads DROP COLUMN reason, DROP COLUMN mapped_at"))
    monkeypatch.setattr(migrate, "_MIGRATIONS", tmp_path / "migrations")
    engine = make_engine(postgres_database._url)
    migrate.draft(engine, "Find uploads by status")
    engine.dispose()
    (drafted,) = {file.name for file in versions.glob("*.py")} - {file.name for file in known}
    text = (versions / drafted).read_text()
    assert '"""Find uploads by status."""' in text
    assert "ix_uploads_status" in text
    assert "sa.Text()" in text
    assert "sa.DateTime(timezone=True)" in text
    assert "words" not in text
    assert "onet_pipeline" not in text
