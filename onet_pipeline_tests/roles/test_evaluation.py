import json
from pathlib import Path

import pytest
from upath import UPath

from onet_pipeline.errors import UploadEmpty, UploadUnreadable
from onet_pipeline.roles.evaluation import (
    Evaluation,
    GoldTitle,
    Share,
    SliceScore,
    evaluate,
    known_titles,
    read_gold,
    without_scored,
)
from onet_pipeline.roles.lexical import LexicalMapper
from onet_pipeline.roles.search import Alias, build_index
from onet_pipeline_tests.support.occupations import eight_occupations

GOLD = (
    GoldTitle("Police Officer", frozenset({"33-3051.00"})),
    GoldTitle("welding boss", frozenset({"51-4121", "51-1011"})),
    GoldTitle("Staff Nurse", frozenset({"29-1171"})),
    GoldTitle("42", frozenset({"15-1252"})),
)


def scored(gold: tuple[GoldTitle, ...] = GOLD) -> Evaluation:
    release = eight_occupations()
    return evaluate(
        gold,
        build_index(release, shipped=()),
        LexicalMapper(),
        known_titles(release),
        name="gold.tsv",
        release=release.version,
    )


def part(evaluation: Evaluation, kind: str) -> SliceScore:
    return next(score for score in evaluation.slices if score.slice == kind)


def test_shown_is_scored_apart_from_picked_and_by_depth() -> None:
    figures = part(scored(), "all")
    assert figures.n == 4
    assert figures.without_candidates == 1
    assert {depth: share.hits for depth, share in figures.recall.items()} == {1: 2, 5: 2, 10: 2, 20: 2, 50: 2}
    assert {digits: share.hits for digits, share in figures.picked.items()} == {2: 3, 3: 3, 5: 2, 6: 2, 8: 1}


def test_eight_digits_count_only_titles_whose_gold_has_eight() -> None:
    assert part(scored(), "all").picked[8] == Share(1, 1)
    assert part(scored(GOLD[1:]), "all").picked[8] == Share(0, 0)


def test_onet_titles_and_unseen_ones_are_scored_apart() -> None:
    evaluation = scored()
    assert (part(evaluation, "O*NET title").n, part(evaluation, "unseen").n) == (2, 2)
    assert part(evaluation, "unseen").recall[1].hits == 1


def test_every_title_falls_in_one_tier() -> None:
    figures = part(scored(), "all")
    assert sum(tier.coverage.hits for tier in figures.tiers) == figures.n
    assert sum(tier.accuracy.hits for tier in figures.tiers) == figures.picked[6].hits


def test_the_interval_is_wilsons() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert Share(0, 0).interval == (0.0, 1.0)
    assert Share(0, 0).value is None
    assert Share(5, 5).interval[1] == pytest.approx(1.0)


def test_an_evaluation_is_plain_data_and_a_table() -> None:
    evaluation = scored()
    plain = json.loads(json.dumps(evaluation.to_json()))
    assert plain["slices"][0]["recall"]["20"]["hits"] == 2
    assert plain["index_version"] == evaluation.index_version
    rows = evaluation.rows()
    assert rows[0] == ("slice", "measure", "value", "95 % interval", "n")
    assert ("all", "shown: recall@20", "0.500", "0.150 – 0.850", "4") in rows
    assert len({len(row) for row in rows}) == 1


def test_an_empty_slice_gives_no_rows_and_no_division_by_zero() -> None:
    evaluation = scored(GOLD[:1])
    assert part(evaluation, "unseen").n == 0
    assert not [row for row in evaluation.rows() if row[0] == "unseen"]
    json.dumps(evaluation.to_json())


def test_gold_is_read_with_several_codes_and_quotes_as_data(tmp_path: Path) -> None:
    path = tmp_path / "gold.tsv"
    path.write_bytes('\ufefftitle\tsoc_code\r\n"Ace" Pilot\t53-2011|53-2012.00\r\n'.encode())
    assert read_gold(UPath(path)) == (GoldTitle('"Ace" Pilot', frozenset({"53-2011", "53-2012.00"})),)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("title\tcode\na\t53-2011\n", UploadUnreadable, "columns title and soc_code"),
        ("title\tsoc_code\na\t53-20\n", UploadUnreadable, 'line 2: "53-20" is not a code'),
        ("title\tsoc_code\na\n", UploadUnreadable, 'line 2: "" is not a code'),
        ("title\tsoc_code\n", UploadEmpty, "holds no title"),
    ],
)
def test_a_faulty_gold_file_is_refused(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    path = tmp_path / "gold.tsv"
    path.write_text(text)
    with pytest.raises(error, match=message):
        read_gold(UPath(path))


def test_aliases_of_scored_titles_are_held_out() -> None:
    aliases = [Alias("WELDING-BOSS", "51-4121.00"), Alias("Pathfinder", "33-3051.00")]
    assert without_scored(aliases, GOLD) == (aliases[1],)
