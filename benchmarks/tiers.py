"""How the lexical mapper's tiers were set: accuracy and coverage of HIGH by the gap asked for, cross-validated.

    python -m benchmarks.tiers --release db_30_1_text.zip gold/*.tsv

Every gold set counts alike, whatever its size: a set stands for one upload. Titles that O*NET holds are asked too.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from upath import UPath

from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles import lexical
from onet_pipeline.roles.evaluation import GoldTitle, read_gold
from onet_pipeline.roles.lexical import AHEAD, Holds
from onet_pipeline.roles.records import Candidate, ConfidenceTier
from onet_pipeline.roles.search import build_index

WANTED = 0.85
"""Asked of each kind of evidence by itself: with it HIGH as a whole stays above 90 % on halves it was not chosen on."""
GAPS = (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40)


@dataclass(frozen=True)
class Case:
    """One title: how it equals a title of the first candidate, the gap, whether that one is right, the tier given."""

    holds: Holds | None
    gap: float
    right: bool
    tier: ConfidenceTier

    def high(self, ahead: Mapping[Holds, float]) -> bool:
        """Tell whether the rule would say HIGH, with these gaps."""
        return self.holds is Holds.ALONE or (self.holds is not None and self.gap >= ahead[self.holds])


def main() -> None:
    """Read the arguments, measure, print Markdown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--release", type=Path, help="zip file or folder; default: the release shipped with the package"
    )
    parser.add_argument("gold", type=Path, nargs="+", help="labelled titles")
    arguments = parser.parse_args()
    index = build_index(load_release(arguments.release or sample_release_path()))
    sets = {}
    for path in arguments.gold:
        gold = read_gold(UPath(path))
        found = index.search([title.title for title in gold])
        sets[path.stem] = [_case(*pair) for pair in zip(gold, found, strict=True) if pair[1]]
    print("\n".join([*_tiers(sets), "", *_gaps(sets), "", *_cross_validated(sets)]))


def _case(gold: GoldTitle, candidates: Sequence[Candidate]) -> Case:
    return Case(
        holds=lexical.holds(gold.title, candidates),
        gap=lexical.gap(candidates),
        right=any(candidates[0].code[:7] == code[:7] for code in gold.codes),
        tier=lexical.tier(gold.title, candidates),
    )


def _tiers(sets: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    yield "| tier: right / share of titles | " + " | ".join(f"{name} (n = {len(sets[name]):,})" for name in sets) + " |"
    yield "|---|" + "---|" * len(sets)
    for tier in ConfidenceTier:
        parts = [[case for case in cases if case.tier is tier] for cases in sets.values()]
        cells = [
            f"{_right(part):.3f} / {len(part) / len(all_):.2f}" for part, all_ in zip(parts, sets.values(), strict=True)
        ]
        yield f"| {tier} | " + " | ".join(cells) + " |"


def _gaps(sets: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    """Tell of each kind of evidence how often it is right from a gap on, and for how many titles."""
    alone, covered = _judged(sets.values(), lambda case: case.holds is Holds.ALONE)
    yield f"A title of one occupation alone: right {alone:.3f}, {covered:.3f} of titles."
    yield ""
    yield "| from gap | " + " | ".join(f"{kind}: right / share of titles" for kind in AHEAD) + " |"
    yield "|---|" + "---|" * len(AHEAD)
    for gap in GAPS:
        cells = ["{:.3f} / {:.3f}".format(*_from(sets.values(), kind, gap)) for kind in AHEAD]
        yield f"| {gap:.2f} | " + " | ".join(cells) + " |"


def _cross_validated(sets: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    """Choose the gaps on one half of every set, report HIGH on the other, both ways."""
    halves = [[cases[start::2] for cases in sets.values()] for start in (0, 1)]
    for chosen_on, reported_on in (halves, halves[::-1]):
        ahead = {kind: _smallest(chosen_on, kind) for kind in AHEAD}
        accuracy, coverage = _judged(reported_on, lambda case: case.high(ahead))  # noqa: B023 - called at once
        told = ", ".join(f"{kind} {gap:.2f}" for kind, gap in ahead.items())
        yield f"Smallest gaps right {WANTED:.0%} on one half: {told}."
        yield f"HIGH on the other half: right {accuracy:.3f}, {coverage:.3f} of titles."
    accuracy, coverage = _judged(sets.values(), lambda case: case.tier is ConfidenceTier.HIGH)
    yield f"HIGH as it is, on all: right {accuracy:.3f}, {coverage:.3f} of titles."


def _smallest(sets: Iterable[Sequence[Case]], kind: Holds) -> float:
    return next((gap for gap in GAPS if _from(sets, kind, gap)[0] >= WANTED), GAPS[-1])


def _from(sets: Iterable[Sequence[Case]], kind: Holds, gap: float) -> tuple[float, float]:
    return _judged(sets, lambda case: case.holds is kind and case.gap >= gap)


def _judged(sets: Iterable[Sequence[Case]], chosen: Callable[[Case], bool]) -> tuple[float, float]:
    """Return accuracy and share of the chosen titles, every set counted alike."""
    shares = [(np.mean([chosen(c) for c in cases]), np.mean([chosen(c) and c.right for c in cases])) for cases in sets]
    coverage, right = np.mean(shares, axis=0)
    return float(right / coverage) if coverage else float("nan"), float(coverage)


def _right(cases: Sequence[Case]) -> float:
    return float(np.mean([case.right for case in cases])) if cases else float("nan")


if __name__ == "__main__":
    main()
