from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from onet_pipeline.errors import SettingsError
from onet_pipeline.steps.indexing import current_index, wanted_index_version
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline_tests.support.sentence_models import write_sentence_model


def with_model(pipeline: Pipeline, name: str) -> Pipeline:
    return Pipeline(pipeline.settings.model_copy(update={"semantic_model": name}))


@pytest.fixture
def semantic(synced: Pipeline, tmp_path: Path) -> Iterator[Pipeline]:
    with closing(with_model(synced, str(write_sentence_model(tmp_path / "model")))) as pipeline:
        yield pipeline


def test_the_index_with_a_model_is_another_one_built_once_and_told_of(synced: Pipeline, semantic: Pipeline) -> None:
    told: list[tuple[int, int]] = []
    first = current_index(semantic, lambda done, total: told.append((done, total)))
    second = current_index(semantic, lambda done, total: told.append((done, total)))
    assert (first.built, second.built) == (True, False)
    assert [done for done, total in told if done == total] == [told[0][1]]
    assert first.index.version == second.index.version == wanted_index_version(semantic)
    assert wanted_index_version(synced) != wanted_index_version(semantic)
    assert not current_index(synced).built, "the one without a model is still there"


def test_an_index_built_anew_encodes_nothing_again(semantic: Pipeline) -> None:
    folder = Path(current_index(semantic).address)
    (folder / "manifest.json").unlink()
    told: list[tuple[int, int]] = []
    assert current_index(semantic, lambda done, total: told.append((done, total))).built
    assert not told


def test_a_worker_without_the_model_says_so_and_does_not_search_without_it(semantic: Pipeline, tmp_path: Path) -> None:
    current_index(semantic)
    with closing(with_model(semantic, str(tmp_path / "elsewhere"))) as worker:
        for ask in (current_index, wanted_index_version):
            with pytest.raises(SettingsError, match="ONET_SEMANTIC_MODEL names the folder"):
                ask(worker)
