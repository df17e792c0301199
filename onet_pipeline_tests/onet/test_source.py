import logging
from pathlib import Path

import httpx
import pytest

from onet_pipeline.errors import DownloadFailed, ReleaseNotFound
from onet_pipeline.onet.addresses import archive_address, describe_source
from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import LocalSource, WebSource, find_source, latest_version, sample_release_path
from onet_pipeline.onet.version import ReleaseVersion
from onet_pipeline_tests.support.mirror import Fault, HangUp, Mirror, Stall, Status
from onet_pipeline_tests.support.releases import small_release

HTTPS = "https://example.org/database"


def publish(mirror: Mirror, *versions: str) -> None:
    for version in versions:
        mirror.publish(version, small_release(version).zip_bytes())


def latest(mirror: Mirror, client: httpx.Client, since: str | None = None) -> str:
    return latest_version(mirror.url, ReleaseVersion.parse(since) if since else None, client).display


def test_a_version_is_an_address_on_the_mirror(client: httpx.Client) -> None:
    for text in ("30.1", "30_1", " 30.1 "):
        source = find_source(text, mirror=f"{HTTPS}/", client=client)
        assert source == WebSource(f"{HTTPS}/db_30_1_text.zip", ReleaseVersion(30, 1))


def test_a_token_in_the_query_of_a_mirror_is_kept() -> None:
    address = archive_address("https://example.org/db?sig=s3cret", ReleaseVersion(30, 1))
    assert address == "https://example.org/db/db_30_1_text.zip?sig=s3cret"


def test_an_address_is_taken_as_it_is(client: httpx.Client) -> None:
    assert find_source("HTTPS://x.org/a.zip", mirror=HTTPS, client=client) == WebSource("HTTPS://x.org/a.zip")


def test_a_zip_and_a_folder_on_disk_are_found(tmp_path: Path, client: httpx.Client) -> None:
    archive = small_release().write_zip(tmp_path)
    for path in (archive, tmp_path):
        assert find_source(str(path), mirror=HTTPS, client=client) == LocalSource(path)


def test_what_is_nowhere_is_not_found_with_what_may_be_given(client: httpx.Client) -> None:
    with pytest.raises(ReleaseNotFound, match=r"no-such\.zip\. Give a version such as 30\.1"):
        find_source("no-such.zip", mirror=HTTPS, client=client)


def test_a_folder_serves_as_a_mirror(tmp_path: Path, client: httpx.Client) -> None:
    small_release("30.1").write_zip(tmp_path)
    newest = small_release("30.3").write_zip(tmp_path)
    assert find_source(None, mirror=str(tmp_path), client=client) == LocalSource(newest, ReleaseVersion(30, 3))
    with pytest.raises(ReleaseNotFound, match=r"holds no db_29_3_text\.zip"):
        find_source("29.3", mirror=str(tmp_path), client=client)
    with pytest.raises(ReleaseNotFound, match="neither an http"):
        find_source("29.3", mirror=str(tmp_path / "gone"), client=client)


def test_the_current_release_is_the_last_that_is_published(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "30.1")
    assert latest(mirror, client) == "30.1"
    publish(mirror, "30.2")
    assert latest(mirror, client) == "30.2"
    publish(mirror, "31.0")
    assert latest(mirror, client, since="30.2") == "31.0"
    assert set(mirror.requested("GET")) == set()


@pytest.mark.parametrize("asked", [None, "", "latest", "Current"])
def test_nothing_asked_means_the_current_release(mirror: Mirror, client: httpx.Client, asked: str | None) -> None:
    publish(mirror, "30.1", "30.2")
    source = find_source(asked, mirror=mirror.url, client=client)
    assert source == WebSource(mirror.url_of("30.2"), ReleaseVersion(30, 2))


def test_a_missing_third_release_does_not_hide_the_next_year(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "30.2", "31.0")
    assert latest(mirror, client, since="30.1") == "31.0"


def test_a_mirror_that_lags_behind_has_its_own_current_release(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "29.3")
    assert latest(mirror, client, since="29.3") == "29.3"


def test_after_the_sample_release_the_search_starts_at_the_known_version(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "30.1")
    assert latest(mirror, client, since="0.1") == "30.1"
    assert mirror.requested("HEAD")[0] == "db_30_1_text.zip"


def test_the_search_ends_after_a_year_of_nothing(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "30.1")
    latest(mirror, client)
    assert mirror.requested("HEAD")[1:] == [f"db_{v}_text.zip" for v in ("30_2", "30_3", "31_0", "31_1")]


def test_an_empty_mirror_is_not_found_with_where_was_looked(mirror: Mirror, client: httpx.Client) -> None:
    with pytest.raises(ReleaseNotFound, match=r"no O\*NET release from 30\.1 to 31\.0"):
        latest(mirror, client)


@pytest.mark.parametrize("fault", [Status(500), Status(503), Status(403), Status(429), HangUp()])
def test_a_mirror_that_fails_is_never_taken_for_nothing_new(mirror: Mirror, client: httpx.Client, fault: Fault) -> None:
    publish(mirror, "30.1", "30.2")
    mirror.fail_always("30.3", fault)
    with pytest.raises(DownloadFailed, match=r"db_30_3_text\.zip"):
        latest(mirror, client)


def test_a_passing_fault_while_probing_is_tried_again(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, "30.1", "30.2")
    mirror.fail_next(Status(503), HangUp())
    assert latest(mirror, client) == "30.2"


def test_a_mirror_that_knows_no_head_is_asked_otherwise(client: httpx.Client) -> None:
    with Mirror(heads=False) as mirror:
        publish(mirror, "30.1", "30.2")
        assert latest(mirror, client) == "30.2"


def test_a_mirror_that_says_nothing_is_a_failed_download(mirror: Mirror) -> None:
    mirror.fail_always("30.1", Stall())
    with httpx.Client(timeout=0.2) as hasty, pytest.raises(DownloadFailed, match="stopped answering"):
        latest(mirror, hasty)


@pytest.mark.parametrize("asked", ["x" * 5000, "nul\0byte"])
def test_what_cannot_even_be_a_path_is_not_found(client: httpx.Client, asked: str) -> None:
    with pytest.raises(ReleaseNotFound, match=r"No O\*NET release at"):
        find_source(asked, mirror=HTTPS, client=client)


def test_a_refused_connection_is_a_failed_download(client: httpx.Client) -> None:
    with Mirror() as gone:
        address = gone.url
    with pytest.raises(DownloadFailed, match=r"could not be reached \(.*refused"):
        latest_version(address, None, client)


def test_a_login_page_is_not_a_release(mirror: Mirror, client: httpx.Client) -> None:
    mirror.publish("30.1", b"<html>Please log in</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(DownloadFailed, match="answers with a web page"):
        latest(mirror, client)


def test_a_server_that_has_everything_is_not_a_mirror(mirror: Mirror, client: httpx.Client) -> None:
    publish(mirror, *(f"{year}.{quarter}" for year in range(30, 60) for quarter in range(4)))
    with pytest.raises(DownloadFailed, match="claims to publish every version"):
        latest(mirror, client)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("https://user:pa55@host.org:8443/db/x.zip?token=s3cret#frag", "https://host.org:8443/db/x.zip"),
        ("https://token@host.org/x.zip", "https://host.org/x.zip"),
        ("https://user:p@55@host.org/x.zip", "https://host.org/x.zip"),
        ("https://user:pa/55@host.org/x.zip", "https://…"),
        ("https://[broken?token=s3cret", "https://…"),
        ("/srv/onet/db_30_1_text.zip", "/srv/onet/db_30_1_text.zip"),
        (Path("/srv/onet"), "/srv/onet"),
    ],
)
def test_a_source_is_shown_without_its_secrets(source: str | Path, shown: str) -> None:
    assert describe_source(source) == shown


@pytest.mark.parametrize(
    "mirror_address", ["https://u:pa55w@x:1x/?t=s3cret", "https://u:pa55w@:bad/?t=s3cret", "https://"]
)
def test_a_malformed_mirror_is_refused_without_its_secrets(client: httpx.Client, mirror_address: str) -> None:
    with pytest.raises(ReleaseNotFound, match="well-formed") as refused:
        find_source("30.1", mirror=mirror_address, client=client)
    assert "pa55w" not in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_no_secret_of_the_mirror_reaches_a_log_or_an_error(
    mirror: Mirror, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    publish(mirror, "30.1")
    secret = mirror.url.replace("http://", "http://user:pa55w@") + "?token=s3cret"
    latest_version(secret, None, client)
    mirror.fail_next(Status(401))
    with pytest.raises(DownloadFailed) as failed:
        latest_version(secret, None, client)
    assert "HTTP Request: HEAD" in caplog.text
    for text in (caplog.text, str(failed.value), repr(failed.value.__cause__)):
        assert "pa55w" not in text
        assert "s3cret" not in text
    assert mirror.requests[0].headers["Authorization"].startswith("Basic ")


def test_the_sample_release_is_a_whole_release() -> None:
    release = load_release(sample_release_path())
    assert release.version == "0.1"
    assert release.occupations
    assert release.alternate_titles
    assert release.tasks
