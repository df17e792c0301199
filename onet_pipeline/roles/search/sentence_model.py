"""The sentence model that somebody chose: its files, and how a vector is taken from it.

Belongs here: finding a model by folder or name, reading its configuration, its identity. Does not: running it
(``encoder``).

https://huggingface.co/models?library=sentence-transformers
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from onet_pipeline.errors import SettingsError

Pooling = Literal["mean", "cls", "max"]

ENCODING_VERSION = 1
"""Raise it when the code of ``encoder`` makes other vectors from the same files."""

_NETWORKS = ("onnx/model.onnx", "model.onnx")
_WANTED = ["onnx/model.onnx*", "model.onnx*", "*.json", "1_Pooling/config.json"]
_LONGEST = 512
"""Tokens of a text that are read at most, whatever a model allows: a description in O*NET has about 60."""
_STAGES = {"Transformer", "Pooling", "Normalize"}
_LIBRARIES = ("onnxruntime", "tokenizers", "huggingface_hub")


@dataclass(frozen=True, slots=True)
class SentenceModel:
    """Files of a model, how its tokens become one vector, how many tokens it reads, and a hash of all that."""

    network: Path
    tokenizer: Path
    pooling: Pooling
    longest: int
    identity: str


def find_model(name: str) -> SentenceModel:
    """Find a model in a local folder, else on the Hugging Face hub by name: ``owner/name``, ``owner/name@revision``.

    A model from the hub is downloaded once; then the copy in the hub's cache serves, without asking again.

    Raises:
        SettingsError: the extra is not installed, there is no such model, or it cannot be used.
    """
    if not all(map(_installed, _LIBRARIES)):
        raise SettingsError(
            'ONET_SEMANTIC_MODEL is set and what it needs is not installed: pip install "onet-pipeline[semantic]".'
        )
    folder = Path(name).expanduser()
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith((".", "~")):
            raise SettingsError(f"ONET_SEMANTIC_MODEL names the folder {folder}, which is not there.")
        folder = _from_hub(name)
    return _read(folder)


def _installed(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ImportError:
        return False


def _from_hub(name: str) -> Path:
    from huggingface_hub import snapshot_download

    repository, _, revision = name.partition("@")
    for offline in (True, False):
        try:
            folder = Path(
                snapshot_download(
                    repository, revision=revision or None, allow_patterns=_WANTED, local_files_only=offline
                )
            )
        except (OSError, ValueError) as error:
            reason = error
        else:
            if not offline or _network(folder):
                return folder
    raise SettingsError(
        f"ONET_SEMANTIC_MODEL: {name} is no local folder and could not be had from the Hugging Face hub "
        f"({type(reason).__name__}). Check the name, or download the model and name its folder."
    ) from reason


def _network(folder: Path) -> Path | None:
    return next((folder / name for name in _NETWORKS if (folder / name).is_file()), None)


def _read(folder: Path) -> SentenceModel:
    network, tokenizer = _network(folder), folder / "tokenizer.json"
    if network is None or not tokenizer.is_file():
        lacking = "tokenizer.json" if network else " or ".join(_NETWORKS)
        raise SettingsError(
            f"The model in {folder} (ONET_SEMANTIC_MODEL) lacks {lacking}: choose one published in the ONNX format."
        )
    _check_stages(folder)
    pooling, longest = _pooling(folder), _longest(folder, tokenizer)
    # Large networks keep their weights in files beside them: model.onnx_data.
    files = [*sorted(network.parent.glob(f"{network.name}*")), tokenizer]
    material = [ENCODING_VERSION, *map(_sha256_of, files), pooling, longest]
    return SentenceModel(
        network, tokenizer, pooling, longest, hashlib.sha256(json.dumps(material).encode()).hexdigest()
    )


def _check_stages(folder: Path) -> None:
    modules: list[dict[str, str]] = _json(folder / "modules.json") or []
    unknown = {module["type"].rpartition(".")[2] for module in modules} - _STAGES
    if unknown:
        raise SettingsError(
            f"The model in {folder} (ONET_SEMANTIC_MODEL) has a stage that cannot be run here: "
            f"{', '.join(sorted(unknown))}. Choose one of transformer, pooling and normalising alone."
        )


def _pooling(folder: Path) -> Pooling:
    """Read how tokens become one vector; the mean where nothing says so."""
    config: Mapping[str, Any] = _json(folder / "1_Pooling" / "config.json") or {"pooling_mode": "mean"}
    modes = {
        name.removeprefix("pooling_mode_").removesuffix("_tokens").removesuffix("_token")
        for name in config
        if name.startswith("pooling_mode_") and config[name]
    }
    if named := config.get("pooling_mode"):
        modes |= {named} if isinstance(named, str) else set(named)
    known: tuple[Pooling, ...] = ("mean", "cls", "max")
    for mode in known:
        if modes == {mode}:
            return mode
    raise SettingsError(
        f"The model in {folder} (ONET_SEMANTIC_MODEL) pools its tokens by {', '.join(sorted(modes)) or 'nothing'}; "
        f"what can be run here: one of {', '.join(known)}."
    )


def _longest(folder: Path, tokenizer: Path) -> int:
    """Return the first limit stated; tokenizers without one state 10^30."""
    stated = (
        (_json(folder / "sentence_bert_config.json") or {}).get("max_seq_length"),
        (_json(folder / "tokenizer_config.json") or {}).get("model_max_length"),
        ((_json(tokenizer) or {}).get("truncation") or {}).get("max_length"),
    )
    return min(next((int(limit) for limit in stated if limit), _LONGEST), _LONGEST)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise SettingsError(f"{path} of the model in ONET_SEMANTIC_MODEL is not JSON: {error}.") from error


def _sha256_of(path: Path) -> str:
    found = path.stat()
    return _sha256(path, found.st_size, found.st_mtime_ns)


@cache
def _sha256(path: Path, _size: int, _changed: int) -> str:
    """Hash a file; sensors ask every half minute, so a file that looks the same is not read again."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
