"""The address of the database: which forms are taken, and that no text about it holds the password."""

import logging
import pickle
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from onet_pipeline.errors import DatabaseUnavailable, SettingsError
from onet_pipeline.store.database import Database, database_url, describe

PASSWORD = "s3cret%2Fword"
HOME = Path("/home/of/onet")


def test_without_an_address_the_database_is_a_file_at_home() -> None:
    url = database_url(None, None, HOME)
    assert url.drivername == "sqlite"
    assert url.database == "/home/of/onet/onet.db"


def test_a_relative_home_becomes_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert database_url(None, None, Path(".onet")).database == str(tmp_path / ".onet" / "onet.db")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_every_spelling_of_postgresql_means_psycopg_3(scheme: str) -> None:
    assert database_url(f"{scheme}://u:p@localhost/onet", None, HOME).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("host", ["db.example.com", "10.1.2.3"])
def test_a_remote_host_is_spoken_to_encrypted(host: str) -> None:
    assert database_url(f"postgresql://u:p@{host}/onet", None, HOME).query["sslmode"] == "require"


def test_a_remote_host_in_the_query_is_spoken_to_encrypted() -> None:
    assert database_url("postgresql://u:p@/onet?host=db.example.com", None, HOME).query["sslmode"] == "require"


@pytest.mark.parametrize("place", ["localhost/onet", "127.0.0.1:5433/onet", "[::1]/onet", "/onet?host=/run/postgresql"])
def test_a_local_server_needs_no_encryption(place: str) -> None:
    assert "sslmode" not in database_url(f"postgresql://u:p@{place}", None, HOME).query


def test_the_encryption_that_the_address_asks_for_is_kept() -> None:
    url = database_url("postgresql://u:p@db.example.com/onet?sslmode=verify-full", None, HOME)
    assert url.query["sslmode"] == "verify-full"


def test_the_address_can_be_read_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://u:p@localhost/onet\n")
    assert database_url(None, secret, HOME).database == "onet"


def test_a_missing_or_empty_file_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read: .*nothing-here"):
        database_url(None, tmp_path / "nothing-here", HOME)
    (tmp_path / "empty").touch()
    with pytest.raises(SettingsError, match=r"is empty: .*empty"):
        database_url(None, tmp_path / "empty", HOME)


def test_an_address_and_a_file_together_are_refused() -> None:
    with pytest.raises(SettingsError, match="both set"):
        database_url("sqlite:////a/b.db", Path("/run/secrets/url"), HOME)


@pytest.mark.parametrize(
    "odd",
    [
        f"postgresql://u@localhost/onet?password={PASSWORD}",
        f"postgresql://u@localhost/onet?sslpassword={PASSWORD}",
        f"postgresql://u:{PASSWORD}@localhost",
        f"postgresql://u:one@{PASSWORD}@localhost/onet",
        f"postgresql://us/er:{PASSWORD}@localhost/onet",
        f"postgresql://u:{PASSWORD}@localhost:port/onet",
        f"mysql://u:{PASSWORD}@localhost/onet",
        f"mysql+strange://u:{PASSWORD}@localhost/onet",
        f"host=localhost password={PASSWORD}",
        f"{PASSWORD}",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///relative/onet.db",
        f"sqlite:////a/onet.db?key={PASSWORD}",
    ],
)
def test_an_odd_address_is_refused_without_repeating_it(odd: str) -> None:
    with pytest.raises(SettingsError) as raised:
        database_url(odd, None, HOME)
    assert PASSWORD not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_no_description_holds_user_or_password() -> None:
    url = database_url(f"postgresql://robert:{PASSWORD}@db.example.com:5433/onet", None, HOME)
    assert describe(url) == "PostgreSQL db.example.com:5433/onet"
    assert repr(Database(url)) == "Database(PostgreSQL db.example.com:5433/onet)"


def test_a_database_that_is_down_is_one_clear_line_without_the_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    database = Database(database_url(f"postgresql://robert:{PASSWORD}@127.0.0.1:1/onet", None, HOME))
    with pytest.raises(DatabaseUnavailable) as raised, database.reading():
        pass
    text = str(raised.value)
    assert text.startswith("PostgreSQL 127.0.0.1:1/onet cannot be used: ")
    assert "\n" not in text
    for said in (text, caplog.text, repr(raised.value.__cause__)):
        assert "s3cret" not in said


def test_a_wrong_password_is_not_repeated(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(password="wr0ng-passw0rd", drivername="postgresql+psycopg")
    with pytest.raises(DatabaseUnavailable) as raised, Database(url).reading():
        pass
    assert "authentication failed" in str(raised.value)
    assert "wr0ng" not in str(raised.value) + repr(raised.value.__cause__)


def test_a_file_that_is_no_database_is_said_to_be_unusable(tmp_path: Path) -> None:
    (tmp_path / "onet.db").write_text("these are not the tables you are looking for" * 100)
    with (
        pytest.raises(DatabaseUnavailable, match="file is not a database"),
        Database(database_url(None, None, tmp_path)).reading(),
    ):
        pass


def test_a_home_that_cannot_be_made_is_said_to_be_unusable(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")
    with (
        pytest.raises(DatabaseUnavailable, match="home"),
        Database(database_url(None, None, tmp_path / "home")).reading(),
    ):
        pass


def test_an_error_of_a_statement_hides_its_parameters(database: Database) -> None:
    statement = sa.text("INSERT INTO onet_occupations (code, title) VALUES (:code, :title)")
    with pytest.raises(SQLAlchemyError) as raised, database.writing() as session:
        session.execute(statement, {"code": "11-1011.00", "title": None})
    assert "11-1011.00" not in str(raised.value).split("DETAIL")[0]


def test_a_database_can_be_sent_to_another_process(database: Database) -> None:
    twin = pickle.loads(pickle.dumps(database))
    with twin.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM uploads")).scalar_one() == 0
    twin.close()
