"""The stored index: a manifest and one file per array.

Belongs here: writing so that a reader never sees half an index, and reading that notices damage. Does not: what the
arrays mean (``index``).

Files are named by their content. The manifest is written last and replaced in one step; the files of the manifest
before it are kept, for readers that are under way.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from upath import UPath

from onet_pipeline.errors import SearchIndexDamaged, SearchIndexMissing
from onet_pipeline.roles.search.matrices import Arrays

FORMAT = 2
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a stored index is: its version, and for each array its file and the file's sha256."""

    version: str
    files: Mapping[str, tuple[str, str]]
    previous: tuple[str, ...] = ()


def write(folder: Path | UPath, version: str, arrays: Arrays) -> Manifest:
    """Write the arrays under ``folder``, then the manifest; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, array in sorted(arrays.items()):
        content = _npy(array)
        sha256 = hashlib.sha256(content).hexdigest()
        files[name] = (f"{name.replace(' ', '_')}.{sha256[:16]}.npy", sha256)
        _replace(folder / files[name][0], content)
    manifest = Manifest(version, files, _files_before(folder))
    text = json.dumps({"format": FORMAT, "version": version, "files": files, "previous": manifest.previous}, indent=1)
    _replace(folder / MANIFEST, text.encode())
    _sweep(folder, manifest)
    return manifest


def read_manifest(folder: Path | UPath) -> Manifest:
    """Read what is stored under ``folder``.

    Raises:
        SearchIndexMissing: nothing is stored there.
        SearchIndexDamaged: the manifest is not one of this format.
    """
    try:
        stored = json.loads((folder / MANIFEST).read_bytes())
        if stored["format"] != FORMAT:
            raise ValueError(f"format {stored['format']}, this version reads {FORMAT}")
        files = {name: (str(file), str(sha256)) for name, (file, sha256) in stored["files"].items()}
        return Manifest(str(stored["version"]), files, tuple(stored["previous"]))
    except FileNotFoundError as error:
        raise SearchIndexMissing(f"There is no search index in {folder}. Build it: onet-pipeline sync.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SearchIndexDamaged(f"The manifest of the search index in {folder} cannot be used: {error}.") from error


def read(folder: Path | UPath) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    """Read manifest and arrays; files on a local disk are mapped into memory, not copied.

    Raises:
        SearchIndexMissing: nothing is stored there.
        SearchIndexDamaged: a file is absent or not what was written.
    """
    manifest = read_manifest(folder)
    return manifest, {name: _array(folder / file, sha256) for name, (file, sha256) in manifest.files.items()}


def _array(path: Path | UPath, sha256: str) -> NDArray[Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise SearchIndexDamaged(f"{path} of the search index is missing. Build the index again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SearchIndexDamaged(f"{path} of the search index is not what was written. Build the index again.")
    array: NDArray[Any]
    if isinstance(path, Path):
        array = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    else:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    return array


def _npy(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _replace(path: Path | UPath, content: bytes) -> None:
    """Write a file in one step: object stores do so by themselves, a disk by renaming."""
    if not isinstance(path, Path):
        path.write_bytes(content)
        return
    passing = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        passing.write_bytes(content)
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)


def _files_before(folder: Path | UPath) -> tuple[str, ...]:
    try:
        return tuple(file for file, _ in read_manifest(folder).files.values())
    except (SearchIndexMissing, SearchIndexDamaged):
        return ()


def _sweep(folder: Path | UPath, manifest: Manifest) -> None:
    wanted = {file for file, _ in manifest.files.values()} | set(manifest.previous)
    for path in folder.glob("*.npy"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)
