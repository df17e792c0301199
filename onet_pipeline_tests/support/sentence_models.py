"""A sentence model of a few numbers, made on the spot in the format that the hub's models have.

Belongs here: its network and tokenizer. Does not: what is expected of it.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

VOCABULARY = ("[UNK]", "nurse", "police", "officer", "lorry", "truck", "driver", "welder")
VECTORS = ((0, 0, 0), (3, 0, 0), (0, 4, 0), (0, 0, 2), (1, 1, 0), (1, 1, 0), (0, 1, 1), (0, 3, 4))


def write_sentence_model(
    folder: Path,
    vectors: Sequence[Sequence[float]] = VECTORS,
    *,
    pooling: str | None = None,
    longest: int = 8,
    network: str = "onnx/model.onnx",
) -> Path:
    """Write a model that looks tokens up in a table of vectors, a row per word of ``VOCABULARY``; return its folder."""
    from onnx import TensorProto, helper, numpy_helper, save
    from tokenizers import Tokenizer, models, pre_tokenizers

    table = numpy_helper.from_array(np.array(vectors, np.float32), "table")
    names = ("input_ids", "attention_mask")
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"]) for name in names]
    shape: list[str | int | None] = ["texts", "tokens", len(vectors[0])]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, shape)
    look_up = helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])
    graph = helper.make_graph([look_up], "look-up", inputs, [output], [table])
    place = folder / network
    place.parent.mkdir(parents=True, exist_ok=True)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), place)
    tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=longest)
    tokenizer.save(str(folder / "tokenizer.json"))
    _write(folder / "sentence_bert_config.json", {"max_seq_length": longest})
    if pooling:
        _write(folder / "1_Pooling" / "config.json", {f"pooling_mode_{pooling}": True, "word_embedding_dimension": 3})
    return folder


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
