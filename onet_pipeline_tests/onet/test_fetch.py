import json
import multiprocessing
from pathlib import Path

import pytest

from onet_pipeline.errors import ArchiveRefused, DownloadFailed, ReleaseNotFound
from onet_pipeline.onet import fetch
from onet_pipeline.onet.fetch import FetchedArchive, fetch_release
from onet_pipeline.onet.release import load_release
from onet_pipeline_tests.support.mirror import Fault, HangUp, Mirror, Status, Truncated
from onet_pipeline_tests.support.releases import small_release

BODY = small_release("30.1").zip_bytes()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def get(mirror: Mirror, cache: Path, asked: str | None = "30.1") -> FetchedArchive:
    return fetch_release(asked, mirror=mirror.url, cache=cache)


def statuses(mirror: Mirror) -> list[int]:
    return [seen.status for seen in mirror.requests if seen.method == "GET"]


def test_a_version_is_downloaded_verified_and_described(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    got = get(mirror, cache)
    assert got.path.read_bytes() == BODY
    assert (got.version, got.source, got.fetched) == ("30.1", mirror.url_of("30.1"), True)
    assert load_release(got.path, declared=got.version, source=got.source).archive_sha256 == got.sha256


def test_the_current_release_is_found_and_downloaded(mirror: Mirror, cache: Path) -> None:
    for version in ("30.1", "30.2", "31.0"):
        mirror.publish(version, small_release(version).zip_bytes())
    assert get(mirror, cache, None).version == "31.0"
    assert fetch_release("latest", mirror=mirror.url, cache=cache, since="30.2").fetched is False


def test_a_file_and_a_folder_on_disk_are_used_where_they_are(tmp_path: Path, cache: Path) -> None:
    archive, folder = small_release().write_zip(tmp_path), small_release().write_folder(tmp_path)
    for path in (archive, folder):
        got = fetch_release(str(path), mirror="http://127.0.0.1:9/", cache=cache)
        assert (got.path, got.version, got.fetched) == (path, "30.1", False)
    assert not cache.exists()


def test_an_address_is_downloaded_whatever_it_is_called(mirror: Mirror, cache: Path) -> None:
    mirror.publish("onet-copy", BODY)
    assert get(mirror, cache, mirror.url_of("onet-copy")).version == "30.1"


def test_an_unchanged_file_is_not_fetched_again(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    first, second = get(mirror, cache), get(mirror, cache)
    assert statuses(mirror) == [200, 304]
    assert second == FetchedArchive(first.path, "30.1", first.source, first.sha256, fetched=False)


def test_a_date_alone_is_enough_to_know_that_nothing_changed(cache: Path) -> None:
    with Mirror(etags=False) as mirror:
        mirror.publish("30.1", BODY)
        get(mirror, cache)
        assert get(mirror, cache).fetched is False


def test_a_server_that_names_no_state_is_asked_for_the_whole_file(cache: Path) -> None:
    with Mirror(etags=False, dates=False, lengths=False) as mirror:
        mirror.publish("30.1", BODY)
        assert [get(mirror, cache).fetched, get(mirror, cache).fetched] == [True, True]


def test_a_changed_file_is_fetched_again(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    get(mirror, cache)
    mirror.publish("30.1", small_release("30.1").with_titles(("15-1252.00", "Code Wrangler")).zip_bytes())
    got = get(mirror, cache)
    assert got.fetched is True
    assert len(load_release(got.path).alternate_titles) == 8


@pytest.mark.parametrize("damage", ["file", "memory", "no memory"])
def test_a_damaged_cache_is_fetched_again(mirror: Mirror, cache: Path, damage: str) -> None:
    mirror.publish("30.1", BODY)
    path = get(mirror, cache).path
    memory = path.with_name(f"{path.name}.json")
    if damage == "file":
        path.write_bytes(BODY[:-1] + b"?")
    elif damage == "memory":
        memory.write_text("{")
    else:
        memory.unlink()
    assert get(mirror, cache).fetched is True
    assert path.read_bytes() == BODY


@pytest.mark.parametrize("fault", [Status(500), Status(503), Status(429), Status(408), HangUp(), Truncated(100)])
def test_a_passing_fault_is_tried_again(mirror: Mirror, cache: Path, fault: Fault) -> None:
    mirror.publish("30.1", BODY)
    mirror.fail_next(fault, fault)
    assert get(mirror, cache).path.read_bytes() == BODY
    assert len(mirror.requests) == 3


@pytest.mark.parametrize(("status", "requests"), [(500, 3), (503, 3), (429, 3), (401, 1), (403, 1)])
def test_a_lasting_fault_is_reported_after_a_few_attempts(
    mirror: Mirror, cache: Path, status: int, requests: int
) -> None:
    mirror.fail_always("30.1", Status(status))
    with pytest.raises(DownloadFailed, match=rf"db_30_1_text\.zip answered with status {status}"):
        get(mirror, cache)
    assert len(mirror.requests) == requests


def test_what_is_not_published_is_not_found(mirror: Mirror, cache: Path) -> None:
    with pytest.raises(ReleaseNotFound, match=r"db_30_1_text\.zip does not exist \(status 404\)"):
        get(mirror, cache)
    assert len(mirror.requests) == 1


def test_a_body_that_breaks_off_is_resumed_where_it_stopped(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    mirror.fail_next(Truncated(700))
    assert get(mirror, cache).path.read_bytes() == BODY
    assert statuses(mirror) == [200, 206]
    assert mirror.requests[1].headers["Range"] == "bytes=700-"


def test_a_body_that_breaks_off_is_resumed_by_the_next_process(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    mirror.fail_next(Truncated(300), Truncated(300), Truncated(300))
    with pytest.raises(DownloadFailed, match="broke the connection off"):
        get(mirror, cache)
    assert get(mirror, cache).path.read_bytes() == BODY
    assert mirror.requests[-1].headers["Range"] == "bytes=900-"


def test_a_file_that_changed_since_it_broke_off_is_begun_anew(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    mirror.fail_next(*[Truncated(300)] * 3)
    with pytest.raises(DownloadFailed):
        get(mirror, cache)
    newer = small_release("30.1").with_titles(("15-1252.00", "Code Wrangler")).zip_bytes()
    mirror.publish("30.1", newer)
    assert get(mirror, cache).path.read_bytes() == newer
    assert statuses(mirror)[-1] == 200


def test_a_server_that_ignores_if_range_never_mixes_two_files(cache: Path) -> None:
    with Mirror(conditions=False) as mirror:
        mirror.publish("30.1", BODY)
        mirror.fail_next(*[Truncated(300)] * 3)
        with pytest.raises(DownloadFailed):
            get(mirror, cache)
        newer = small_release("30.1").with_titles(("15-1252.00", "Code Wrangler")).zip_bytes()
        mirror.publish("30.1", newer)
        assert get(mirror, cache).path.read_bytes() == newer


def test_a_server_without_ranges_is_asked_for_the_whole_again(cache: Path) -> None:
    with Mirror(ranges=False) as mirror:
        mirror.publish("30.1", BODY)
        mirror.fail_next(Truncated(700))
        assert get(mirror, cache).path.read_bytes() == BODY
        assert statuses(mirror) == [200, 200]


def test_a_part_that_is_already_whole_is_begun_anew(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    path = get(mirror, cache).path
    memory = path.with_name(f"{path.name}.json")
    memory.rename(path.with_name(f"{path.name}.part.json"))
    path.rename(path.with_name(f"{path.name}.part"))
    assert get(mirror, cache).path.read_bytes() == BODY
    assert statuses(mirror) == [200, 416, 200]


def test_a_refused_archive_leaves_the_cached_one_in_place(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    path = get(mirror, cache).path
    mirror.publish("30.1", BODY[:500])
    with pytest.raises(ArchiveRefused, match=r"db_30_1_text\.zip was refused: it is not a whole zip file"):
        get(mirror, cache)
    assert path.read_bytes() == BODY
    assert not list(cache.glob("*.part*"))
    mirror.publish("30.1", BODY)
    assert get(mirror, cache).fetched is False


def test_a_mirror_that_serves_another_version_is_refused(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", small_release("29.3").zip_bytes())
    with pytest.raises(ArchiveRefused, match=r"30\.1 was asked for, and its Read Me\.txt says 29\.3"):
        get(mirror, cache)


@pytest.mark.parametrize("lengths", [True, False])
def test_a_body_beyond_the_limit_is_not_stored(cache: Path, monkeypatch: pytest.MonkeyPatch, lengths: bool) -> None:
    monkeypatch.setattr(fetch, "MAX_ARCHIVE_BYTES", 1_000)
    with Mirror(lengths=lengths) as mirror:
        mirror.publish("30.1", BODY)
        with pytest.raises(DownloadFailed, match="is larger than 1,000 bytes"):
            get(mirror, cache)
    assert not list(cache.glob("*.zip*[!k]"))


def test_progress_tells_bytes_done_and_in_all(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    mirror.fail_next(Truncated(700))
    told: list[tuple[int, int | None]] = []
    fetch_release("30.1", mirror=mirror.url, cache=cache, progress=lambda done, total: told.append((done, total)))
    assert told == [(700, len(BODY)), (len(BODY), len(BODY))]


def test_two_mirrors_do_not_share_a_cached_file(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    with Mirror() as other:
        other.publish("30.1", small_release().with_titles(("15-1252.00", "Coder")).zip_bytes())
        assert get(mirror, cache).path != get(other, cache).path


def test_what_is_remembered_of_a_file_holds_no_secret(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    secret = mirror.url.replace("http://", "http://user:pa55w@") + "?token=s3cret"
    got = fetch_release("30.1", mirror=secret, cache=cache)
    assert got.source == mirror.url_of("30.1")
    for file in cache.iterdir():
        assert "pa55w" not in file.name
        assert "s3cret" not in file.name
    memory = json.loads(got.path.with_name(f"{got.path.name}.json").read_text())
    assert set(memory) == {"etag", "last_modified", "sha256"}


def test_a_cache_that_cannot_be_written_is_named(mirror: Mirror, tmp_path: Path) -> None:
    mirror.publish("30.1", BODY)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadFailed, match=r"The cache folder .*file/cache cannot be used: Not a directory"):
        get(mirror, tmp_path / "file" / "cache")


def fetch_from(address: str, cache: Path) -> str:
    return fetch_release("30.1", mirror=address, cache=cache).sha256


def test_processes_that_start_together_all_get_the_whole_file(mirror: Mirror, cache: Path) -> None:
    mirror.publish("30.1", BODY)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        hashes = pool.starmap(fetch_from, [(mirror.url, cache)] * 4)
    assert len(set(hashes)) == 1
    assert statuses(mirror).count(200) == 1
