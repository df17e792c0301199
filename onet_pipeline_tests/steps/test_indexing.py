import shutil
from pathlib import Path

import pytest

from onet_pipeline.errors import NoRelease
from onet_pipeline.steps.indexing import current_index, wanted_index_version
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline_tests.support.releases import small_release


def test_the_index_is_built_once_and_loaded_after(synced: Pipeline) -> None:
    shutil.rmtree(synced.settings.root / "index")
    first, second = current_index(synced), current_index(synced)
    assert (first.built, second.built) == (True, False)
    assert first.index.version == second.index.version == wanted_index_version(synced)


def test_a_damaged_index_is_built_anew(synced: Pipeline) -> None:
    folder = Path(current_index(synced).address)
    largest = max(folder.rglob("*"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 0xFF
    largest.write_bytes(content)
    assert current_index(synced).built
    assert not current_index(synced).built


def test_a_new_release_gets_an_index_of_its_own(pipeline: Pipeline, tmp_path: Path) -> None:
    sync_release(pipeline, str(small_release("30.1").write_zip(tmp_path)))
    before = current_index(pipeline)
    sync_release(pipeline, str(small_release("30.2").with_titles(("15-1252.00", "Code Wrangler")).write_zip(tmp_path)))
    after = current_index(pipeline)
    assert after.built
    assert after.onet_version == "30.2"
    assert after.index.version != before.index.version
    assert after.index.search(["code wrangler"])[0][0].code == "15-1252.00"


def test_without_a_release_there_is_no_index_and_the_error_says_what_to_do(pipeline: Pipeline) -> None:
    with pytest.raises(NoRelease, match="onet-pipeline sync"):
        current_index(pipeline)
