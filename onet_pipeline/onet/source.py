"""What the user asked for, turned into a place from which it can be had.

Belongs here: versions, addresses, files and folders; finding the current release on a mirror. Does not: fetching
(``download``), looking inside (``archive``).

https://www.onetcenter.org/db_releases.html
"""

from dataclasses import dataclass
from importlib.resources import files
from itertools import chain, islice
from pathlib import Path

import httpx

from onet_pipeline.errors import DownloadFailed, ReleaseNotFound
from onet_pipeline.onet import web
from onet_pipeline.onet.addresses import archive_address, describe_source, is_web_address
from onet_pipeline.onet.version import ReleaseVersion

# The release that this project was measured against; the search for the current one starts here.
KNOWN_VERSION = ReleaseVersion(30, 1)
# O*NET-SOC 2019, the only taxonomy that is loaded, begins here: nothing older can be an answer.
FIRST_SUPPORTED = ReleaseVersion(25, 0)
# A year of releases: one that was skipped or withdrawn never hides the next.
MISSES_IN_A_ROW = 4
MAX_PROBES = 60

CURRENT = ("", "latest", "current")


@dataclass(frozen=True, slots=True)
class LocalSource:
    """A zip file or an extracted folder on disk; ``version`` where one was asked for."""

    path: Path
    version: ReleaseVersion | None = None


@dataclass(frozen=True, slots=True)
class WebSource:
    """An address of a zip file; it may hold credentials, so show it by ``describe_source`` only."""

    address: str
    version: ReleaseVersion | None = None


def find_source(
    asked: str | None, *, mirror: str, client: httpx.Client, since: ReleaseVersion | None = None
) -> LocalSource | WebSource:
    """Turn a version, an address, a zip file, a folder, or None for the current release, into a place.

    Args:
        asked: what the user gave; ``latest`` and ``current`` mean None.
        mirror: http(s) address or folder under which releases lie as ``db_30_1_text.zip``.
        client: asks the mirror.
        since: a version known to exist, from which the current one is searched.

    Raises:
        ReleaseNotFound: there is no such thing.
        DownloadFailed: the mirror could not say which release is current.
    """
    text = (asked or "").strip()
    if text.casefold() in CURRENT:
        return _on_mirror(mirror, latest_version(mirror, since, client))
    if is_web_address(text):
        return WebSource(text)
    version = ReleaseVersion.recognise(text)
    if version is not None:
        return _on_mirror(mirror, version)
    path = Path(text).expanduser().absolute()
    if not _exists(path):
        raise ReleaseNotFound(
            f"No O*NET release at {describe_source(path)[:200]}. Give a version such as 30.1, an http(s) address, a "
            "zip file or the folder of an extracted one."
        )
    return LocalSource(path)


def latest_version(mirror: str, since: ReleaseVersion | None, client: httpx.Client) -> ReleaseVersion:
    """Return the newest release that the mirror publishes, ``since`` or later.

    A 404 means "not published"; any other failure means "not known", and is never taken for "nothing new".

    Raises:
        ReleaseNotFound: the mirror has neither that release nor a later one.
        DownloadFailed: the mirror did not answer, or answers yes to everything.
    """
    start = since if since and since >= FIRST_SUPPORTED else KNOWN_VERSION
    found, misses = None, 0
    for version in islice(chain([start], start.following()), MAX_PROBES):
        if _is_published(mirror, version, client):
            found, misses = version, 0
        elif version >= KNOWN_VERSION:
            misses += 1
        if misses == MISSES_IN_A_ROW:
            break
    else:
        raise DownloadFailed(
            f"{describe_source(mirror)} claims to publish every version up to {version}. It is not a mirror of O*NET "
            "releases; check ONET_MIRROR."
        )
    if found is None:
        raise ReleaseNotFound(
            f"{describe_source(mirror)} publishes no O*NET release from {start} to {version}. Check ONET_MIRROR, or "
            "name the release (ONET_RELEASE)."
        )
    return found


def sample_release_path() -> Path:
    """Return the folder of the small release that the package ships, version 0.1."""
    return Path(str(files("onet_pipeline.onet"))) / "sample" / "db_sample_text"


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a path, a NUL byte, a folder that may not be entered
        return False


def _on_mirror(mirror: str, version: ReleaseVersion) -> LocalSource | WebSource:
    if is_web_address(mirror):
        return WebSource(archive_address(mirror, version), version)
    path = _in_folder(mirror, version)
    if path is None:
        raise ReleaseNotFound(f"The folder {mirror} holds no {version.archive_name}. Check the version or ONET_MIRROR.")
    return LocalSource(path, version)


def _in_folder(mirror: str, version: ReleaseVersion) -> Path | None:
    folder = Path(mirror).expanduser().absolute()
    if not folder.is_dir():
        raise ReleaseNotFound(f"The mirror {mirror} is neither an http(s) address nor a folder. Check ONET_MIRROR.")
    places = (folder / version.archive_name, folder / version.archive_name.removesuffix(".zip"))
    return next((place for place in places if place.exists()), None)


def _is_published(mirror: str, version: ReleaseVersion, client: httpx.Client) -> bool:
    if not is_web_address(mirror):
        return _in_folder(mirror, version) is not None
    address = archive_address(mirror, version)
    url, auth = web.credentials_apart(address)
    try:
        with web.failures_of(address):
            for attempt in web.attempts():
                with attempt:
                    response = _head(url, auth, client)
                    web.refuse_status(response, address)
    except ReleaseNotFound:
        return False
    if response.headers.get("Content-Type", "").startswith("text/html"):
        raise DownloadFailed(
            f"{describe_source(address)} answers with a web page instead of a zip file. Check ONET_MIRROR and any "
            "proxy or login page between."
        )
    return True


def _head(url: httpx.URL, auth: httpx.Auth, client: httpx.Client) -> httpx.Response:
    response = client.head(url, auth=auth)
    if response.status_code in (httpx.codes.METHOD_NOT_ALLOWED, httpx.codes.NOT_IMPLEMENTED):
        with client.stream("GET", url, auth=auth) as response:
            return response  # closed before its body is read
    return response
