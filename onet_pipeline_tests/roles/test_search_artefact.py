import json
from pathlib import Path

import pytest
from upath import UPath

from onet_pipeline.errors import SearchIndexDamaged, SearchIndexMissing
from onet_pipeline.roles.search import Alias, SearchIndex, build_index, stored_version
from onet_pipeline_tests.support.occupations import eight_occupations

TITLES = ["Pol Ofcr-Canine", "rn", "日本語", "accountant"]


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return build_index(eight_occupations())


def test_a_loaded_index_answers_as_the_one_that_was_saved(index: SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "index")
    loaded = SearchIndex.load(tmp_path / "index")
    assert loaded.version == index.version == stored_version(tmp_path / "index")
    assert loaded.search(TITLES) == index.search(TITLES)


def test_an_index_is_stored_at_any_address(index: SearchIndex) -> None:
    folder = UPath("memory://indexes/current")
    index.save(folder)
    assert SearchIndex.load(folder).search(TITLES) == index.search(TITLES)


def test_building_twice_stores_the_same_files(index: SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "one")
    build_index(eight_occupations()).save(tmp_path / "two")
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]


def test_nothing_stored_is_missing_not_empty(tmp_path: Path) -> None:
    with pytest.raises(SearchIndexMissing, match="no search index in"):
        SearchIndex.load(tmp_path)
    with pytest.raises(SearchIndexMissing):
        stored_version(tmp_path / "nowhere")


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete"])
def test_a_damaged_file_is_noticed_and_named(index: SearchIndex, tmp_path: Path, damage: str) -> None:
    index.save(tmp_path)
    victim = max(tmp_path.glob("*.npy"), key=lambda path: path.stat().st_size)
    content = victim.read_bytes()
    if damage == "delete":
        victim.unlink()
    else:
        victim.write_bytes(content[:-7] if damage == "truncate" else content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(SearchIndexDamaged, match=victim.name.replace(".", r"\.")):
        SearchIndex.load(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 2, "version": "x"}'])
def test_a_damaged_manifest_is_noticed(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(SearchIndexDamaged, match=r"manifest|lacks a part"):
        SearchIndex.load(tmp_path)


def test_a_manifest_without_one_of_the_arrays_is_damaged(index: SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    del manifest["files"]["links.values"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(SearchIndexDamaged, match=r"links\.values|lacks a part"):
        SearchIndex.load(tmp_path)


def test_a_reader_under_way_keeps_its_index_while_newer_ones_are_saved(index: SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    old = SearchIndex.load(tmp_path)
    expected = old.search(TITLES)
    for at in range(3):
        build_index(eight_occupations(), [Alias(f"Pathfinder {at}", "33-3051.00")]).save(tmp_path)
    assert old.search(TITLES) == expected
    assert SearchIndex.load(tmp_path).search(["Pathfinder 2"])[0][0].origin == "alias"


def test_the_folder_does_not_grow_with_every_save(index: SearchIndex, tmp_path: Path) -> None:
    counts = []
    for at in range(5):
        build_index(eight_occupations(), [Alias(f"Pathfinder {at}", "33-3051.00")], shipped=()).save(tmp_path)
        counts.append(len(list(tmp_path.iterdir())))
    assert counts[4] == counts[1]


def test_nothing_is_left_behind_beside_the_files_of_the_manifest(index: SearchIndex, tmp_path: Path) -> None:
    index.save(tmp_path)
    index.save(tmp_path)
    files = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert {path.name for path in tmp_path.iterdir()} == {"manifest.json", *(file for file, _ in files.values())}
