"""The folder of uploads: which files lie there, and which YAML files speak of them.

Belongs here: listing a local folder or an address, what is ignored, the key of an upload. Does not: reading files, the
registry (``uploads``).

https://filesystem-spec.readthedocs.io/en/latest/api.html#fsspec.spec.AbstractFileSystem.ls
"""

import hashlib
import re
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from posixpath import splitext
from typing import TYPE_CHECKING, Any

from onet_pipeline.errors import UploadsUnlisted
from onet_pipeline.roles.titles import normalise
from onet_pipeline.roles.upload_options import FOLDER_OPTIONS, OPTIONS_SUFFIX

if TYPE_CHECKING:
    from upath import UPath

UPLOAD_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".parquet"})
MOST_NESTED = 16
"""Folders within folders; deeper is a link that leads back."""
_LONGEST_SLUG = 68
"""Characters; with ``-`` and ten digits of the hash a key stays below 80, fit for a partition and a file name."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as listed: its path below the folder, bytes, and when it was last written (None where not told)."""

    path: str
    size: int
    modified_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedUpload:
    """An upload with the YAML files that apply to it, the folder's first, its own last."""

    file: ListedFile
    options: tuple[ListedFile, ...] = ()

    @property
    def key(self) -> str:
        """The key of its partition and of its row in the registry."""
        return upload_key(self.file.path)


def upload_key(path: str) -> str:
    """Make the key of an upload from its path below the folder: ``[a-z0-9-]``, at most 79 characters.

    >>> upload_key("Büro 7/Staff.csv")
    'buro-7-staff-csv-4481905c9b'
    """
    # The same name comes decomposed from macOS and composed from elsewhere.
    stable = unicodedata.normalize("NFC", path)
    slug = re.sub(r"[^a-z0-9]+", "-", normalise(stable)).strip("-")[:_LONGEST_SLUG].rstrip("-")
    return f"{slug or 'upload'}-{hashlib.sha256(stable.encode()).hexdigest()[:10]}"


def list_uploads(folder: "UPath") -> tuple[ListedUpload, ...]:
    """List the uploads in a folder and all below it, by path.

    Hidden, temporary and half-transferred files, read-me files and other formats are ignored.

    Raises:
        UploadsUnlisted: the folder, or one below it, is not there or cannot be listed.
    """
    files = sorted(_walk(folder), key=lambda file: file.path)
    spoken = {file.path: file for file in files if file.path.endswith(OPTIONS_SUFFIX)}
    return tuple(ListedUpload(file, _options_of(file.path, spoken)) for file in files if _is_upload(file.path))


def _is_upload(path: str) -> bool:
    *_, name = parts = path.split("/")
    stem, suffix = splitext(name)
    hidden = any(part.startswith((".", "~$")) for part in parts)
    return not hidden and suffix.lower() in UPLOAD_SUFFIXES and stem.casefold() != "readme"


def options_paths(path: str) -> list[str]:
    """Return where the options of an upload may lie: from the folder of uploads down, then beside it."""
    *folders, _ = path.split("/")
    of_folders = ["/".join([*folders[:depth], FOLDER_OPTIONS]) for depth in range(len(folders) + 1)]
    return [*of_folders, path + OPTIONS_SUFFIX]


def _options_of(path: str, spoken: Mapping[str, ListedFile]) -> tuple[ListedFile, ...]:
    return tuple(spoken[place] for place in options_paths(path) if place in spoken) if spoken else ()


def _walk(folder: "UPath") -> Iterator[ListedFile]:
    try:
        root = folder.fs.info(folder.path)
        if root["type"] != "directory":
            raise NotADirectoryError
        # Some file systems remember listings; a scan wants the present.
        folder.fs.invalidate_cache()
        yield from _below(folder.fs, folder.path.rstrip("/"), "", MOST_NESTED)
    except ImportError as error:
        raise UploadsUnlisted(f"The uploads in {folder} need a package that is not installed: {error}.") from error
    except Exception as error:  # every file system raises its own; none of them may read as "no uploads"
        raise UploadsUnlisted(
            f"The uploads in {folder} cannot be listed: {type(error).__name__}. Check ONET_UPLOADS and access to it."
        ) from error


def _below(fs: Any, root: str, under: str, depth: int) -> Iterator[ListedFile]:
    """List one folder and those in it; unlike ``fs.find``, a folder that cannot be listed is an error."""
    if depth == 0:
        raise RecursionError
    for listed in fs.ls(f"{root}/{under}", detail=True):
        entry = _followed(listed) if listed.get("islink") else listed
        name = entry["name"].rstrip("/").rpartition("/")[2]
        if name.startswith("."):
            continue
        if entry["type"] == "directory":
            yield from _below(fs, root, f"{under}{name}/", depth - 1)
        elif entry["type"] == "file":
            yield ListedFile(f"{under}{name}", int(entry["size"] or 0), _modified_at(entry))


def _followed(link: Mapping[str, Any]) -> dict[str, Any]:
    """A local link as what it leads to, with the time of that; one that leads nowhere is no file."""
    try:
        target = Path(link["name"]).stat()
    except FileNotFoundError:
        return {**link, "type": "other"}
    kind = "directory" if stat.S_ISDIR(target.st_mode) else "file" if stat.S_ISREG(target.st_mode) else "other"
    return {"name": link["name"], "type": kind, "size": target.st_size, "mtime": target.st_mtime}


def _modified_at(entry: Mapping[str, Any]) -> datetime | None:
    """Each file system has its own name for it: local, S3, Azure, Google, memory."""
    names = ("mtime", "LastModified", "last_modified", "updated", "created")
    value = next((entry[name] for name in names if entry.get(name)), None)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return value if isinstance(value, datetime) and value.tzinfo else None
