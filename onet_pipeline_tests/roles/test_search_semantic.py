import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.search import Alias, SearchIndex, build_index, find_model, index_version, semantic_kind
from onet_pipeline.roles.search.artefact import MANIFEST
from onet_pipeline.roles.search.corpus import Corpus
from onet_pipeline.roles.search.embeddings import Embeddings, Rounded
from onet_pipeline.roles.search.encoder import Progress, SentenceEncoder
from onet_pipeline.roles.search.semantic import Semantic, SemanticKind
from onet_pipeline_tests.support.occupations import eight_occupations
from onet_pipeline_tests.support.sentence_models import VECTORS, write_sentence_model

POLICE = 5
"""The number of Police Patrol Officers among the eight occupations."""


class Counting:
    """A real encoder that notes what it is asked to encode."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self.identity = encoder.identity
        self.encoded: list[str] = []
        self._encoder = encoder

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        self.encoded += texts
        return self._encoder.encode(texts, progress)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sentence_model(tmp_path / "model", pooling="mean_tokens")


@pytest.fixture
def encoder(folder: Path) -> Counting:
    return Counting(SentenceEncoder(find_model(str(folder))))


@pytest.fixture
def kind(encoder: Counting, tmp_path: Path) -> SemanticKind:
    return SemanticKind(encoder, Embeddings(tmp_path / "embeddings", encoder))


def encoded(folder: Path, *texts: str) -> NDArray[np.float32]:
    return SentenceEncoder(find_model(str(folder))).encode(texts)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("pooling", "vector"),
    [(None, (1.5, 2, 0)), ("mean_tokens", (1.5, 2, 0)), ("cls_token", (3, 0, 0)), ("max_tokens", (3, 4, 0))],
)
def test_a_text_is_the_pooled_vector_of_its_tokens_at_length_one(
    tmp_path: Path, pooling: str | None, vector: tuple[float, ...]
) -> None:
    folder = write_sentence_model(tmp_path, pooling=pooling)
    assert encoded(folder, "nurse police")[0] == pytest.approx(np.array(vector) / np.linalg.norm(vector), abs=1e-6)


def test_the_padding_that_a_tokenizer_asks_for_takes_no_part(folder: Path) -> None:
    assert encoded(folder, "welder", "nurse") == pytest.approx(np.array([[0, 0.6, 0.8], [1, 0, 0]]), abs=1e-6)


def test_what_exceeds_the_longest_text_of_a_model_is_not_read(tmp_path: Path) -> None:
    folder = write_sentence_model(tmp_path, longest=2)
    assert (encoded(folder, "nurse police welder") == encoded(folder, "nurse police")).all()


def test_a_text_has_the_same_vector_alone_and_among_others_and_an_empty_one_none(folder: Path) -> None:
    texts = ["nurse", "police officer", "", "truck driver", "unheard of", "police officer nurse"]
    together = encoded(folder, *texts)
    assert (together == np.concatenate([encoded(folder, text) for text in texts])).all()
    assert not together[2].any()


def test_progress_is_told_until_the_last_text(encoder: Counting) -> None:
    told: list[tuple[int, int]] = []
    encoder.encode(["nurse", "police officer", "truck driver"], lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (3, 3)]


def test_rounded_vectors_are_as_good_as_exact_ones() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rounded = Rounded.of(vectors).floats()
    assert (rounded * vectors).sum(axis=1) == pytest.approx(np.ones(50), abs=2e-3)
    assert not Rounded.of(np.zeros((1, 3), np.float32)).floats().any()


def test_a_text_is_encoded_once_for_all_releases(encoder: Counting, tmp_path: Path) -> None:
    first = Embeddings(tmp_path, encoder).of(["nurse", "police", "nurse"])
    assert encoder.encoded == ["nurse", "police"]
    second = Embeddings(tmp_path, encoder).of(["welder", "police", "nurse"])
    assert encoder.encoded == ["nurse", "police", "welder"]
    assert (second.steps[[2, 1, 2]] == first.steps).all()
    assert (second.step[[2, 1, 2]] == first.step).all()


def test_the_titles_of_the_package_are_not_encoded(kind: SemanticKind, encoder: Counting) -> None:
    own, shipped = Alias("Night Nurse", "29-1141.00"), Alias("Ward Sister", "29-1141.00", "shipped")
    kind.built(Corpus(eight_occupations(), (own, shipped)))
    assert "night nurse" in encoder.encoded
    assert "ward sister" not in encoder.encoded


def test_texts_of_old_releases_are_dropped_when_there_are_too_many(
    encoder: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onet_pipeline.roles.search.embeddings.MOST_KEPT", 3)
    for texts in (["nurse", "police"], ["police", "welder"], ["police", "lorry"], ["police", "lorry"]):
        vectors = Embeddings(tmp_path, encoder).of(texts)
        assert vectors.floats() == pytest.approx(encoder.encode(texts), abs=0.01)
    encoder.encoded.clear()
    Embeddings(tmp_path, encoder).of(["nurse", "police", "lorry"])
    assert encoder.encoded == ["nurse"]


@pytest.mark.parametrize("pattern", ["steps.*.npy", MANIFEST])
def test_damaged_embeddings_are_made_anew(encoder: Counting, tmp_path: Path, pattern: str) -> None:
    before = Embeddings(tmp_path / "kept", encoder).of(["nurse", "police"])
    for path in (tmp_path / "kept").rglob(pattern):
        damage(path)
    after = Embeddings(tmp_path / "kept", encoder).of(["nurse", "police"])
    assert (after.steps == before.steps).all()
    assert encoder.encoded == ["nurse", "police", "nurse", "police"]
    Embeddings(tmp_path / "kept", encoder).of(["nurse", "police"])
    assert len(encoder.encoded) == 4


def test_another_model_is_another_identity_and_another_index(tmp_path: Path, folder: Path) -> None:
    model = find_model(str(folder))
    turned = [row[::-1] for row in VECTORS]
    others = [
        write_sentence_model(tmp_path / "network", turned, pooling="mean_tokens"),
        write_sentence_model(tmp_path / "pooling", pooling="max_tokens"),
        write_sentence_model(tmp_path / "length", pooling="mean_tokens", longest=4),
    ]
    identities = {model.identity, *(find_model(str(other)).identity for other in others)}
    assert len(identities) == 4
    versions = {index_version("1" * 64, (), identity) for identity in identities}
    assert len(versions | {index_version("1" * 64)}) == 5


def test_the_same_files_are_the_same_model_wherever_they_lie(tmp_path: Path, folder: Path) -> None:
    copy = write_sentence_model(tmp_path / "copy", pooling="mean_tokens", network="model.onnx")
    assert find_model(str(copy)).identity == find_model(str(folder)).identity


def test_an_occupation_is_found_by_what_the_model_knows_of_words(kind: SemanticKind) -> None:
    # To this model a lorry is half a nurse and half a policeman; "police" is near police alone.
    scores = kind.built(Corpus(eight_occupations())).scores(["police", "canine police officer"])
    assert scores.shape == (2, 8)
    assert (scores >= 0).all()
    assert scores.argmax(axis=1).tolist() == [POLICE, POLICE]


def test_best_titles_are_the_likeness_to_the_nearest_title_of_each_occupation(kind: SemanticKind) -> None:
    corpus = Corpus(eight_occupations())
    titles = ["police officer", "nurse"]
    rows = kind.encoder.encode([row.text for row in corpus.rows])
    likeness = kind.encoder.encode(titles) @ rows.T
    expected = [[max(row[corpus.row_occupation == at]) for at in range(8)] for row in likeness]
    ranker = kind.built(corpus)
    assert ranker.best_titles(kind.encoder.encode(titles)) == pytest.approx(np.array(expected), abs=0.01)


def test_what_is_restored_scores_alike(kind: SemanticKind) -> None:
    ranker = kind.built(Corpus(eight_occupations()))
    titles = ["police", "truck driver", ""]
    assert (Semantic.restored(ranker.arrays(), kind.encoder).scores(titles) == ranker.scores(titles)).all()


def test_an_index_with_a_model_is_stored_and_loaded_and_encodes_no_title_again(
    kind: SemanticKind, encoder: Counting, tmp_path: Path
) -> None:
    built = build_index(eight_occupations(), semantic=kind)
    built.save(tmp_path / "index")
    encoder.encoded.clear()
    loaded = SearchIndex.load(tmp_path / "index", kind)
    assert not encoder.encoded
    assert (
        loaded.version == built.version == index_version(eight_occupations().content_sha256, (), kind.encoder.identity)
    )
    assert loaded.search(["police lady", "lorry driver"]) == built.search(["police lady", "lorry driver"])
    assert build_index(eight_occupations(), semantic=kind).version == built.version
    assert encoder.encoded == ["police lady", "lorry driver"] * 2


def test_an_index_with_a_model_is_not_searched_without_it_or_with_another(kind: SemanticKind, tmp_path: Path) -> None:
    build_index(eight_occupations(), semantic=kind).save(tmp_path / "index")
    with pytest.raises(SettingsError, match="set ONET_SEMANTIC_MODEL"):
        SearchIndex.load(tmp_path / "index")
    other = find_model(str(write_sentence_model(tmp_path / "other", pooling="max_tokens")))
    with pytest.raises(SettingsError, match="another sentence model"):
        SearchIndex.load(tmp_path / "index", semantic_kind(other, tmp_path / "embeddings"))


@pytest.mark.parametrize("library", ["onnxruntime", "tokenizers", "huggingface_hub"])
def test_without_the_extra_the_error_says_what_to_install(folder: Path, library: str) -> None:
    program = f"""
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {library!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
from onet_pipeline.errors import SettingsError
from onet_pipeline.roles.search import find_model
try:
    find_model({str(folder)!r})
except SettingsError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert 'pip install "onet-pipeline[semantic]"' in done.stdout


def test_search_does_not_import_the_libraries_of_the_extra() -> None:
    program = "import sys, onet_pipeline.roles.search; print(sys.modules.keys() & {'onnxruntime', 'tokenizers'})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "set()"


def test_a_model_by_name_is_taken_from_the_cache_of_the_hub_without_asking_the_hub(tmp_path: Path) -> None:
    kept = tmp_path / "hub" / "models--tiny--model"
    write_sentence_model(kept / "snapshots" / ("a" * 40))
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a" * 40)
    done = in_hub(tmp_path, "tiny/model")
    assert done.stdout.strip().endswith("onnx/model.onnx"), done.stderr


def test_a_name_that_the_hub_does_not_give_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = in_hub(tmp_path, "tiny/missing")
    assert "SettingsError" in done.stderr
    assert "tiny/missing" in done.stderr
    assert "name its folder" in done.stderr


def in_hub(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    """Find a model in a process that has a hub cache of its own and no network."""
    program = f"from onet_pipeline.roles.search import find_model; print(find_model({name!r}).network)"
    environment = {"HF_HUB_CACHE": str(folder / "hub"), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, env=environment
    )


def test_a_folder_that_is_no_usable_model_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(SettingsError, match="is not there"):
        find_model(str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match=r"lacks onnx/model\.onnx or model\.onnx"):
        find_model(str(tmp_path))
    pooled = write_sentence_model(tmp_path / "last", pooling="lasttoken")
    with pytest.raises(SettingsError, match="by lasttoken"):
        find_model(str(pooled))
    (folder / "modules.json").write_text('[{"type": "sentence_transformers.models.Dense"}]')
    with pytest.raises(SettingsError, match="Dense"):
        find_model(str(folder))


def test_a_damaged_network_is_refused_with_its_place(folder: Path) -> None:
    (folder / "onnx" / "model.onnx").write_bytes(b"not a network")
    with pytest.raises(SettingsError, match=r"model\.onnx .*cannot be used"):
        SentenceEncoder(find_model(str(folder)))
