"""Texts to vectors by a sentence model, on the CPU.

Belongs here: tokens, batches, pooling. Does not: which model (``sentence_model``), what vectors say (``semantic``).

https://onnxruntime.ai/docs/api/python/
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.search.sentence_model import Pooling, SentenceModel
from onet_pipeline.roles.search.vectors import unit

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Progress = Callable[[int, int], None]
"""Told how many texts are done, of how many."""

_THREADS = 4
_TOKENS = 1024
"""Tokens run at once: larger batches are no faster on a CPU, and fill its cache."""
_TEXTS = 8192
"""Texts in tokens at once: about 50 MB."""
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


class Encoder(Protocol):
    """Turns texts into vectors; ``identity`` hashes all that they depend on."""

    @property
    def identity(self) -> str:
        """Hash of the model."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return a vector of length one for each text (row)."""
        ...


class SentenceEncoder:
    """A sentence model, loaded.

    Only texts of equally many tokens are run together: nothing is padded, so a text has the same vector in any batch.
    """

    def __init__(self, model: SentenceModel) -> None:
        """Load network and tokenizer.

        Raises:
            SettingsError: one of them cannot be used.
        """
        from tokenizers import Tokenizer

        self.identity = model.identity
        self._pooling = model.pooling
        try:
            self._network = _session(model)
            self._tokenizer = Tokenizer.from_file(str(model.tokenizer))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(model.longest)
            self._size = self._run([self._tokens(["a"])[0] or [0]]).shape[1]
        except Exception as error:
            # Both libraries raise bare exceptions of their own; whatever it is, the model is of no use.
            raise SettingsError(
                f"The model {model.network} (ONET_SEMANTIC_MODEL) cannot be used: {type(error).__name__}: {error}"
            ) from error

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return a vector of length one for each text (row); of length zero for a text without tokens."""
        vectors = np.zeros((len(texts), self._size), np.float32)
        done = 0
        for start in range(0, len(texts), _TEXTS):
            tokens = self._tokens(texts[start : start + _TEXTS])
            for batch in _equally_long(tokens):
                vectors[[start + at for at in batch]] = self._run([tokens[at] for at in batch])
                done += len(batch)
                if progress:
                    progress(done, len(texts))
        return unit(vectors)

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def _run(self, tokens: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the pooled vectors of texts of equally many tokens."""
        ids = np.array(tokens, np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        asked = {each.name: inputs[each.name] for each in self._network.get_inputs()}
        of_tokens = next(output for output in self._network.run(None, asked) if np.ndim(output) == 3)
        return _pooled(np.asarray(of_tokens, np.float32), self._pooling)


def _session(model: SentenceModel) -> InferenceSession:
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = min(_THREADS, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Threads that wait for the next title must not keep a core busy.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = InferenceSession(str(model.network), options, providers=["CPUExecutionProvider"])
    unknown = {each.name for each in session.get_inputs()} - _INPUTS
    if unknown:
        raise ValueError(f"it asks for {', '.join(sorted(unknown))}")
    return session


def _pooled(of_tokens: NDArray[np.float32], pooling: Pooling) -> NDArray[np.float32]:
    """Return a vector per text of those of its tokens (texts x tokens x numbers)."""
    pooled: NDArray[Any]
    if pooling == "cls":
        pooled = of_tokens[:, 0]
    elif pooling == "max":
        pooled = of_tokens.max(axis=1)
    else:
        pooled = of_tokens.mean(axis=1)
    return pooled


def _equally_long(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the numbers of texts to run together, short ones first; those without tokens are left out."""
    by_length: dict[int, list[int]] = {}
    for at, text in enumerate(tokens):
        by_length.setdefault(len(text), []).append(at)
    for length in sorted(by_length.keys() - {0}):
        size = max(_TOKENS // length, 1)
        same = by_length[length]
        yield from (same[start : start + size] for start in range(0, len(same), size))
