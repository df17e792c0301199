"""How the lexical mapper's tiers were set: accuracy and coverage of HIGH by the gap asked for, cross-validated.

    python -m benchmarks.tiers --release db_30_1_text.zip gold/*.tsv

Every gold set counts alike, whatever its size: a set stands for one upload. Titles that O*NET holds are asked too.
"""

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from upath import UPath

from onet_pipeline.onet.release import load_release
from onet_pipeline.onet.source import sample_release_path
from onet_pipeline.roles import lexical
from onet_pipeline.roles.evaluation import GoldTitle, read_gold
from onet_pipeline.roles.records import Candidate, ConfidenceTier
from onet_pipeline.roles.search import build_index
from onet_pipeline.roles.titles import normalise

WANTED = 0.91
"""90 %, and the standard error of one point that these sets leave."""
GAPS = (0.0, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40)


@dataclass(frozen=True)
class Case:
    """One title: whether it equals a title of the first candidate, of it alone, the gap, and whether it is right."""

    equal: bool
    alone: bool
    gap: float
    right: bool
    tier: ConfidenceTier

    def high(self, gap: float) -> bool:
        """Tell whether the rule would say HIGH, with this gap."""
        return self.equal and (self.alone or self.gap >= gap)


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
    role, best = normalise(gold.title), candidates[0]
    holders = {other.code[:7] for other in candidates if normalise(other.matched_title) == role}
    return Case(
        equal=normalise(best.matched_title) == role,
        alone=holders <= {best.code[:7]},
        gap=lexical.gap(candidates),
        right=any(best.code[:7] == code[:7] for code in gold.codes),
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
    yield "| HIGH from gap | right | share of titles |"
    yield "|---|---|---|"
    for gap in GAPS:
        accuracy, coverage = _high(sets.values(), gap)
        yield f"| {gap:.2f} | {accuracy:.3f} | {coverage:.3f} |"


def _cross_validated(sets: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    """Choose the gap on one half of every set, report it on the other, both ways."""
    halves = [[cases[start::2] for cases in sets.values()] for start in (0, 1)]
    for chosen_on, reported_on in (halves, halves[::-1]):
        gap = next((gap for gap in GAPS if _high(chosen_on, gap)[0] >= WANTED), GAPS[-1])
        accuracy, coverage = _high(reported_on, gap)
        yield f"Smallest gap right {WANTED:.0%} on one half: {gap:.2f}."
        yield f"On the other half: right {accuracy:.3f}, {coverage:.3f} of titles."


def _high(sets: Iterable[Sequence[Case]], gap: float) -> tuple[float, float]:
    """Return accuracy and coverage of HIGH, every set counted alike."""
    shares = [
        (np.mean([c.high(gap) for c in cases]), np.mean([c.high(gap) and c.right for c in cases])) for cases in sets
    ]
    coverage, right = np.mean(shares, axis=0)
    return float(right / coverage), float(coverage)


def _right(cases: Sequence[Case]) -> float:
    return float(np.mean([case.right for case in cases])) if cases else float("nan")


if __name__ == "__main__":
    main()
