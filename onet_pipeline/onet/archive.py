"""An O*NET release as a zip file or an extracted folder, verified before anything is read from it.

Belongs here: integrity, limits, finding a table by its base name, the version in ``Read Me.txt``. Does not: what the
tables say (``tables``). Nothing is ever extracted to disk.

https://docs.python.org/3/library/zipfile.html#decompression-pitfalls
"""

import hashlib
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NoReturn

from onet_pipeline.errors import ArchiveRefused, ReleaseNotFound
from onet_pipeline.onet.addresses import describe_source
from onet_pipeline.onet.version import ReleaseVersion

MAX_ARCHIVE_BYTES = 200 * 2**20  # 31.0 has 12.5 MiB
MAX_UNPACKED_BYTES = 1000 * 2**20  # 30.1 has about 60 MiB
MAX_MEMBERS = 500  # 30.1 has 41
MAX_RATIO = 100  # text of O*NET packs 15 : 1 at best, a bomb 1,000 : 1

READ_ME = "Read Me"
_FIRST_LINE = re.compile(r"\ufeff?\s*O\*NET(?:®)?\s+(\d+\.\d+)\s+Database", re.IGNORECASE)
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class ReleaseArchive:
    """A verified release; ``name`` is fit to be shown, ``members`` reads a file by its base name in lower case."""

    name: str
    sha256: str
    version: ReleaseVersion
    members: Mapping[str, Callable[[], bytes]]

    def read(self, table: str) -> bytes | None:
        """Return the bytes of a table such as ``Occupation Data``, None where the release lacks it."""
        return _read(self.members, table)

    def tables(self) -> tuple[str, ...]:
        """Return the names of the files, in lower case, for messages."""
        return tuple(sorted(self.members))


@contextmanager
def open_archive(
    path: Path, *, declared: ReleaseVersion | None = None, name: str | None = None
) -> Iterator[ReleaseArchive]:
    """Verify a zip file or folder and hold it open, so that a new download cannot change it half-way.

    Args:
        path: the zip file or folder.
        declared: the version that was asked for.
        name: what messages call it; default: the path.

    Raises:
        ReleaseNotFound: there is nothing at that path.
        ArchiveRefused: not a zip file, damaged, hostile, not an O*NET release, or not the version asked for.
    """
    shown = name or describe_source(path)
    if path.is_dir():
        yield _identified(shown, *_open_folder(path, shown), declared)
        return
    if not path.is_file():
        raise ReleaseNotFound(f"{shown} is neither a file nor a folder. Check the path.")
    _check_packed_size(path, shown)
    with _open_zip(path, shown) as (sha256, members):
        yield _identified(shown, sha256, members, declared)


def _identified(
    name: str, sha256: str, members: Mapping[str, Callable[[], bytes]], declared: ReleaseVersion | None
) -> ReleaseArchive:
    text = _read(members, READ_ME)
    if text is None:
        _refuse(name, "it holds no Read Me.txt, so it is not an O*NET text release")
    first_line = text[:200].decode("utf-8", errors="replace").partition("\n")[0].strip()
    stated = _FIRST_LINE.match(first_line)
    if stated is None:
        _refuse(name, f"line 1 of its Read Me.txt is {first_line[:60]!r}, expected 'O*NET 30.1 Database'")
    version = ReleaseVersion.parse(stated[1])
    if declared is not None and declared != version:
        _refuse(name, f"O*NET {declared} was asked for, and its Read Me.txt says {version}")
    return ReleaseArchive(name, sha256, version, members)


def _read(members: Mapping[str, Callable[[], bytes]], table: str) -> bytes | None:
    reader = members.get(f"{table}.txt".casefold())
    return reader() if reader else None


def _refuse(name: str, what: str) -> NoReturn:
    raise ArchiveRefused(f"{name} was refused: {what}. Nothing was loaded; get the release again or choose another.")


def _check_packed_size(path: Path, name: str) -> None:
    size = path.stat().st_size
    if size > MAX_ARCHIVE_BYTES:
        _refuse(name, f"its {size:,} bytes are more than the {MAX_ARCHIVE_BYTES:,} allowed")


@contextmanager
def _open_zip(path: Path, name: str) -> Iterator[tuple[str, Mapping[str, Callable[[], bytes]]]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArchiveRefused(f"{name} could not be opened: {error.strerror}. Check its permissions.") from error
    with file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        try:
            archive = zipfile.ZipFile(file)
            _check_members(archive.infolist(), name)
            damaged = archive.testzip()
        except _BROKEN as error:
            raise ArchiveRefused(
                f"{name} was refused: it is not a whole zip file ({error}). Download or copy it again."
            ) from error
        if damaged is not None:
            _refuse(name, f"its member {damaged!r} is damaged")
        files = [info for info in archive.infolist() if not info.is_dir()]
        yield sha256, _by_base_name(name, {_path(info).as_posix(): partial(archive.read, info) for info in files})


def _check_members(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MAX_MEMBERS:
        _refuse(name, f"its {len(members):,} members are more than the {MAX_MEMBERS:,} allowed")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES:
        _refuse(name, f"it would unpack to {unpacked:,} bytes, more than the {MAX_UNPACKED_BYTES:,} allowed")
    for member in members:
        fault = _fault(member)
        if fault:
            _refuse(name, f"its member {member.filename[:80]!r} {fault}")


def _fault(member: zipfile.ZipInfo) -> str | None:
    path = _path(member)
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        return "has a path that leads outside the archive"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "is a symbolic link"
    if member.flag_bits & 0x1:
        return "is encrypted"
    if member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return f"unpacks to more than {MAX_RATIO} times its size"
    return None


def _path(member: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(member.orig_filename.replace("\\", "/"))


def _open_folder(folder: Path, name: str) -> tuple[str, Mapping[str, Callable[[], bytes]]]:
    paths = _text_files(folder, "*.txt") or _text_files(folder, "*/*.txt")
    if not paths:
        _refuse(name, "the folder holds no .txt files")
    if len(paths) > MAX_MEMBERS or sum(path.stat().st_size for path in paths) > MAX_UNPACKED_BYTES:
        _refuse(name, f"the folder holds more than {MAX_MEMBERS:,} files or {MAX_UNPACKED_BYTES:,} bytes")
    members = _by_base_name(name, {path.as_posix(): partial(_read_file, path) for path in paths})
    digest = hashlib.sha256()
    for base_name in sorted(members):
        content = members[base_name]()
        digest.update(f"{base_name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest(), members


def _text_files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArchiveRefused(f"{path} could not be read: {error.strerror}. Check its permissions.") from error


def _by_base_name(name: str, readers: Mapping[str, Callable[[], bytes]]) -> Mapping[str, Callable[[], bytes]]:
    members: dict[str, Callable[[], bytes]] = {}
    for path, reader in readers.items():
        base_name = PurePosixPath(path).name.casefold()
        if base_name in members and base_name.endswith(".txt"):
            _refuse(name, f"it holds {base_name!r} more than once")
        members[base_name] = reader
    return members
