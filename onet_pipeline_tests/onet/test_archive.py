import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from onet_pipeline.errors import ArchiveRefused, ReleaseNotFound
from onet_pipeline.onet import archive
from onet_pipeline.onet.archive import open_archive
from onet_pipeline.onet.version import ReleaseVersion
from onet_pipeline_tests.support.releases import small_release


def zip_with(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    path.write_bytes(small_release().zip_bytes())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as opened:
        for member, content in members:
            opened.writestr(member, content)
    return path


def refusal_of(path: Path) -> str:
    with pytest.raises(ArchiveRefused) as refused, open_archive(path):
        pass
    return str(refused.value)


@pytest.mark.parametrize("prefix", [True, False])
def test_a_table_is_found_by_its_base_name(tmp_path: Path, prefix: bool) -> None:
    with open_archive(small_release().write_zip(tmp_path, prefix=prefix)) as opened:
        assert (opened.read("Occupation Data") or b"").startswith(b"O*NET-SOC Code\tTitle")
        assert opened.read("Tools Used") is None
        assert opened.version == ReleaseVersion(30, 1)


def test_a_zip_packed_with_backslashes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "windows.zip"
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in small_release().files().items():
            opened.writestr(f"db_30_1_text\\{name}", content)
    with open_archive(path) as opened_archive:
        assert opened_archive.read("Occupation Data") is not None


def test_a_folder_and_the_folder_around_it_are_the_same_release(tmp_path: Path) -> None:
    inner = small_release().write_folder(tmp_path / "here")
    with open_archive(inner) as first, open_archive(inner.parent) as second:
        assert first.read("Read Me") == second.read("Read Me")
        assert first.sha256 == second.sha256


def test_the_hash_of_a_folder_changes_with_any_file_in_it(tmp_path: Path) -> None:
    with open_archive(small_release().write_folder(tmp_path / "a")) as first:
        before = first.sha256
    changed = small_release().with_titles(("15-1252.00", "Code Wrangler"))
    with open_archive(changed.write_folder(tmp_path / "b")) as second:
        assert second.sha256 != before


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    assert "holds no .txt files" in refusal_of(tmp_path)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(ReleaseNotFound, match=r"gone\.zip"), open_archive(tmp_path / "gone.zip"):
        pass


@pytest.mark.parametrize("kept", [0, 1, 50, 0.5, 0.99])
def test_a_truncated_zip_is_refused_with_its_name(tmp_path: Path, kept: float) -> None:
    path = small_release().write_zip(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept if kept >= 1 else len(whole) * kept)])
    assert str(path) in refusal_of(path)
    assert "not a whole zip file" in refusal_of(path)


def test_a_web_page_is_not_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "db_30_1_text.zip"
    path.write_text("<html>Please log in</html>")
    assert "not a whole zip file" in refusal_of(path)


def test_every_flipped_byte_of_a_member_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "stored.zip"
    path.write_bytes(small_release().zip_bytes(compression=zipfile.ZIP_STORED))
    content = bytearray(path.read_bytes())
    content[content.index(b"Software Developers")] ^= 1
    path.write_bytes(content)
    assert "Occupation Data.txt' is damaged" in refusal_of(path)


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/etc/evil.txt", "C:/evil.txt", "..\\evil.txt"])
def test_a_member_that_leads_outside_is_refused(tmp_path: Path, name: str) -> None:
    assert "leads outside" in refusal_of(zip_with(tmp_path / "escape.zip", (name, b"x")))


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("db_30_1_text/link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert "is a symbolic link" in refusal_of(zip_with(tmp_path / "link.zip", (link, b"/etc/passwd")))


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = small_release().write_zip(tmp_path)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    struct.pack_into("<H", content, entry + 8, 1)
    path.write_bytes(content)
    assert "is encrypted" in refusal_of(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = zip_with(tmp_path / "bomb.zip", ("db_30_1_text/bomb.txt", bytes(5_000_000)))
    assert "bomb.txt' unpacks to more than 100 times its size" in refusal_of(bomb)


def limit_members(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archive, "MAX_MEMBERS", 5)


def limit_unpacked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000)


def limit_packed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archive, "MAX_ARCHIVE_BYTES", 1_000)


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        (limit_members, "its 6 members are more than the 5 allowed"),
        (limit_unpacked, "more than the 1,000 allowed"),
        (limit_packed, "bytes are more than the 1,000 allowed"),
    ],
)
def test_a_zip_beyond_a_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: Callable[[pytest.MonkeyPatch], None], message: str
) -> None:
    limit(monkeypatch)
    assert message in refusal_of(small_release().write_zip(tmp_path))


def test_two_tables_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = zip_with(tmp_path / "twice.zip", ("other/Occupation Data.txt", b"x"))
    assert "holds 'occupation data.txt' more than once" in refusal_of(twice)


def test_a_zip_without_a_read_me_is_not_a_release(tmp_path: Path) -> None:
    assert "no Read Me.txt" in refusal_of(small_release().with_member("Read Me.txt", None).write_zip(tmp_path))


def test_a_read_me_of_something_else_is_quoted(tmp_path: Path) -> None:
    other = small_release().with_member("Read Me.txt", "ESCO 1.2\r\n")
    assert "line 1 of its Read Me.txt is 'ESCO 1.2'" in refusal_of(other.write_zip(tmp_path))


def test_a_byte_order_mark_before_the_version_is_survived(tmp_path: Path) -> None:
    marked = small_release().with_member("Read Me.txt", "\ufeffO*NET 30.1 Database\n")
    with open_archive(marked.write_zip(tmp_path)) as opened:
        assert opened.version.display == "30.1"


def test_another_version_than_was_asked_for_is_refused(tmp_path: Path) -> None:
    path = small_release("29.3").write_zip(tmp_path)
    with (
        pytest.raises(ArchiveRefused, match=r"O\*NET 30\.1 was asked for, and its Read Me\.txt says 29\.3"),
        open_archive(path, declared=ReleaseVersion(30, 1)),
    ):
        pass


def test_an_open_release_outlives_the_replacement_of_its_file(tmp_path: Path) -> None:
    path = small_release("30.1").write_zip(tmp_path)
    newer = tmp_path / "newer.zip"
    newer.write_bytes(small_release("30.2").zip_bytes())
    with open_archive(path) as opened:
        newer.replace(path)
        assert (opened.read("Read Me") or b"").startswith(b"O*NET 30.1")


def test_damage_in_the_directory_of_a_zip_is_survived_or_refused(tmp_path: Path) -> None:
    whole = small_release().zip_bytes()
    path = tmp_path / "damaged.zip"
    refused = 0
    for position in range(whole.index(b"PK\x01\x02"), len(whole), 3):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        try:
            with open_archive(path) as opened:
                opened.read("Occupation Data")
        except ArchiveRefused:
            refused += 1
    assert refused > 50
