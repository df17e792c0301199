from pathlib import Path

from onet_pipeline.settings import Settings
from onet_pipeline.steps.evaluation import prepare_scoring
from onet_pipeline.steps.indexing import current_index
from onet_pipeline.steps.pipeline import Pipeline
from onet_pipeline.steps.sync import sync_release
from onet_pipeline_tests.support.releases import small_release


def test_aliases_that_are_scored_are_held_out_and_others_are_not(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_text(
        "title,code\nZorble Operator,29-1141.00\nQuuxer,33-3051.00\n", encoding="utf-8"
    )
    gold = tmp_path / "gold.tsv"
    gold.write_text("title\tsoc_code\nZorble Operator\t29-1141\n", encoding="utf-8")
    pipeline = Pipeline(Settings(home=tmp_path, mapper="lexical", aliases=str(tmp_path / "aliases.csv")))
    sync_release(pipeline, str(small_release().write_zip(tmp_path)))
    scoring = prepare_scoring(pipeline, gold)
    with_own = current_index(pipeline).index.search(["Zorble Operator", "Quuxer"])
    held_out = scoring.current.index.search(["Zorble Operator", "Quuxer"])
    pipeline.close()
    assert [found[0].origin == "alias" for found in with_own] == [True, True]
    assert [found[0].origin == "alias" for found in held_out] == [False, True]
