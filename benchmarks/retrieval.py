"""Recall and speed of candidate search beside other ways to search, and what each ingredient adds; as Markdown.

    python -m benchmarks.retrieval --release db_30_1_text.zip --page docs/retrieval-figures.md gold/*.tsv

Gold files are tab-separated, ``title`` and ``soc_code`` (accepted codes joined by ``|``). Only titles that are not
O*NET titles are asked, each once. PostgreSQL is the server of ``ONET_TEST_POSTGRES_URL``, else one started for this.
"""

import argparse
import gc
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from upath import UPath

from benchmarks.chart import bar_chart
from benchmarks.rivals import LIMIT, Rival, Search, plain_bm25, postgres_rivals, rapidfuzz_rivals
from onet_pipeline.onet.records import Release
from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles.evaluation import GoldTitle, known_titles, read_gold
from onet_pipeline.roles.search import SearchIndex, build_index
from onet_pipeline.roles.search.variants import Variants
from onet_pipeline.roles.titles import normalise
from onet_pipeline_tests.support.postgres import NoPostgres, running_server

OURS = "onet-pipeline"


@dataclass(frozen=True)
class Result:
    """Recall@20 by gold set, and titles per second over all of them; ``asked`` is how many that were."""

    name: str
    recall: Mapping[str, float]
    asked: int
    seconds: float


def main() -> None:
    """Read the arguments, measure, print."""
    arguments = _arguments()
    release = load_release(arguments.release or sample_release_path())
    sets = {path.stem: _unseen(read_gold(UPath(path)), release) for path in arguments.gold}
    index = build_index(release)
    page = "\n".join(_page(release, sets, index, ablated=not arguments.no_ablation, chart=arguments.chart))
    print(page)
    if arguments.page:
        arguments.page.write_text(page + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--release", type=Path, help="zip file or folder; default: the release shipped with the package"
    )
    parser.add_argument("--page", type=Path, help="file to write the tables to, beside printing them")
    parser.add_argument("--chart", type=Path, help="SVG file to write the chart to")
    parser.add_argument("--no-ablation", action="store_true", help="leave out what each ingredient adds")
    parser.add_argument("gold", type=Path, nargs="+", help="labelled titles")
    return parser.parse_args()


def _unseen(gold: Sequence[GoldTitle], release: Release) -> list[GoldTitle]:
    known = known_titles(release)
    distinct = {normalise(title.title): title for title in gold}
    return [title for text, title in distinct.items() if text not in known]


def _page(
    release: Release, sets: Mapping[str, list[GoldTitle]], index: SearchIndex, *, ablated: bool, chart: Path | None
) -> Iterator[str]:
    held = f"{len(release.occupations):,} occupations, {len(release.alternate_titles):,} titles"
    yield f"O*NET {release.version}: {held}. PostgreSQL and ours answer on the same machine in the same run."
    yield f"Recall@{LIMIT} over titles that are not O*NET titles, 6 digits:"
    yield from (f"- {name}: n = {len(titles):,}" for name, titles in sets.items())
    with ExitStack() as stack:
        rivals = [*_rivals(release, stack), Rival(OURS, _ours(index))]
        results = [_measured(rival, sets) for rival in rivals]
    yield "\n## Beside other ways to search\n"
    yield from _table(results, sets)
    if chart:
        chart.write_text(bar_chart({result.name: result.recall for result in results}), encoding="utf-8")
    if ablated:
        yield "\n## What each ingredient adds\n"
        yield from _table(
            [_measured(Rival(name, _ours(part)), sets) for name, part in _ablations(index, release)], sets
        )


def _rivals(release: Release, stack: ExitStack) -> Iterator[Rival]:
    try:
        server = stack.enter_context(running_server())
        url = stack.enter_context(server.database())
        yield from stack.enter_context(postgres_rivals(url, release))
    except NoPostgres as error:
        print(f"PostgreSQL left out. {error}")
    yield from rapidfuzz_rivals(release)
    yield plain_bm25(release)


def _ours(index: SearchIndex) -> Search:
    return lambda titles: [[candidate.code for candidate in found] for found in index.search(titles, LIMIT)]


def _measured(rival: Rival, sets: Mapping[str, list[GoldTitle]]) -> Result:
    recall, asked, seconds = {}, 0, 0.0
    for name, gold in sets.items():
        # An even sample: the files are sorted.
        some = gold[:: max(1, math.ceil(len(gold) / rival.at_most))] if rival.at_most else gold
        # What is read at the first title is no part of a way's speed, nor is walking through what building it left.
        rival.search([some[0].title])
        gc.collect()
        gc.freeze()
        start = time.perf_counter()
        found = rival.search([title.title for title in some])
        seconds += time.perf_counter() - start
        asked += len(some)
        recall[name] = float(np.mean([_hit(title, codes) for title, codes in zip(some, found, strict=True)]))
    return Result(rival.name, recall, asked, seconds)


def _hit(title: GoldTitle, codes: Iterable[str]) -> bool:
    accepted = {code[:7] for code in title.codes}
    return any(code[:7] in accepted for code in codes)


def _ablations(index: SearchIndex, release: Release) -> Iterator[tuple[str, SearchIndex]]:
    yield "all of it", index
    yield "without shipped titles and classifier", _without("title classifier", build_index(release, shipped=()))
    for name in ("best title", *index.rankers):
        yield f"without {name}", _without(name, index)
    yield "without related occupations", replace(index, links=index.links * 0)
    yield "without variants", replace(index, variants=Variants({}))
    yield "without variety", replace(index, again=1.0)


def _without(name: str, index: SearchIndex) -> SearchIndex:
    return replace(index, choosing=_less(index.choosing, name), ordering=_less(index.ordering, name))


def _less(weights: Mapping[str, float], name: str) -> dict[str, float]:
    return {other: 0.0 if other == name else weight for other, weight in weights.items()}


def _table(results: Sequence[Result], sets: Mapping[str, list[GoldTitle]]) -> Iterator[str]:
    yield "| search | " + " | ".join(sets) + " | titles/s | titles asked |"
    yield "|---|" + "---:|" * (len(sets) + 2)
    for result in results:
        shares = " | ".join(f"{result.recall[name]:.3f}" for name in sets)
        yield f"| {result.name} | {shares} | {result.asked / result.seconds:,.0f} | {result.asked:,} |"


if __name__ == "__main__":
    main()
