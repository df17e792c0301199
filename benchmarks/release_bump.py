"""What another release would cost: how many roles of uploads are asked again, and in how many calls.

    python -m benchmarks.release_bump --before db_29_3_text.zip --after db_30_1_text.zip UPLOAD… [--gold GOLD.tsv…]

A role has other candidates where another one is shown, or one has another title or description. It is asked again
unless its decision stands (``onet_pipeline.roles.standing``). What was decided is the best candidate: once as if every
decision were sure, which is the least that is asked, and once with the tiers of the lexical mapper. Of the decisions
that stand, those are counted that this mapper would make otherwise with the new release, and beside them those of the
very same candidates, which it makes otherwise where their order is another. Spellings that normalise alike are one
question, a role without candidates is none.

With ``--gold``, labelled titles: for how many a right occupation is shown that was not, and is passed over because the
leading candidates are old ones; for several numbers of leading candidates.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from upath import UPath

from onet_pipeline.onet.comparison import ReleaseDiff, compare
from onet_pipeline.onet.records import Release
from onet_pipeline.onet.release import load_release
from onet_pipeline.roles import lexical
from onet_pipeline.roles.evaluation import GoldTitle, read_gold
from onet_pipeline.roles.mapper import decision_key
from onet_pipeline.roles.records import ConfidenceTier, Question, Role
from onet_pipeline.roles.search import build_index
from onet_pipeline.roles.spreadsheets import read_upload_file
from onet_pipeline.roles.standing import LEADING, marks, stands

Pair = tuple[Question, Question]
"""The same role before and after."""

SHOWN, BATCH = 20, 12
OTHER_LEADING = (5, 8, LEADING, 12, 15, SHOWN)


@dataclass(frozen=True)
class Asked:
    """What is asked again with a release, and how many decisions stand.

    ``questions`` counts what is asked after spellings are put together, ``otherwise`` what stands and has another best
    candidate.
    """

    roles: int = 0
    questions: int = 0
    stand: int = 0
    otherwise: int = 0

    @property
    def calls(self) -> int:
        """Calls of twelve questions, faults and second looks apart."""
        return -(-self.questions // BATCH)


@dataclass(frozen=True)
class Bump:
    """What a release does to the roles of one upload, ``changed`` of which have other candidates.

    What is asked of these were every decision sure, by the tiers of the lexical mapper, and of the ``same`` candidates.
    """

    roles: int
    changed: int
    sure: Asked
    lexical: Asked
    same: Asked


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uploads", nargs="*", type=Path)
    parser.add_argument("--before", type=Path, required=True, help="zip file or folder of the release in use")
    parser.add_argument("--after", type=Path, required=True, help="zip file or folder of the release to come")
    parser.add_argument("--gold", type=Path, nargs="+", default=[], help="labelled titles")
    options = parser.parse_args()
    before, after = load_release(options.before), load_release(options.after)
    gold = [title for path in options.gold for title in read_gold(UPath(path))]
    roles = {path.name: read_upload_file(path).roles for path in options.uploads}
    asking = [*roles.values(), [Role(title.title, 1) for title in gold]]
    old, new = asked(before, asking), asked(after, asking)
    started = time.process_time()
    diff = compare(before, after)
    print("\n".join([*_changed(diff), "", f"Compared in {time.process_time() - started:.1f} s of processor time.", ""]))
    print("\n".join(_bumps({name: bump(*pair) for name, *pair in zip(roles, old, new, strict=False)})))
    if gold:
        print("\n".join(["", *_passed_over(gold, old[-1], new[-1])]))


def asked(release: Release, uploads: Iterable[Sequence[Role]]) -> list[list[Question]]:
    """Return the questions that the roles of each upload are with a release."""
    index = build_index(release)
    return [
        [
            Question(number, role.title, candidates, role.context)
            for number, (role, candidates) in enumerate(
                zip(roles, index.search([role.title for role in roles], SHOWN), strict=True)
            )
        ]
        for roles in uploads
    ]


def bump(before: Sequence[Question], after: Sequence[Question]) -> Bump:
    """Compare the questions of the same roles, in the same order."""
    known = {decision_key(question).fingerprint for question in before}
    same: list[Pair] = []
    changed: list[Pair] = []
    for was, now in zip(before, after, strict=True):
        if now.candidates:
            (same if decision_key(now).fingerprint in known else changed).append((was, now))
    tiers = [lexical.tier(was.role, was.candidates) for was, _ in changed]
    return Bump(
        roles=len(after),
        changed=len(changed),
        sure=_asked_again(changed, [ConfidenceTier.HIGH] * len(changed)),
        lexical=_asked_again(changed, tiers),
        same=_counted([], same),
    )


def passed_over(gold: Sequence[GoldTitle], before: Sequence[Question], after: Sequence[Question], leading: int) -> int:
    """Count titles with a right occupation shown now and not before, behind ``leading`` candidates that all were."""
    titles = zip(gold, before, after, strict=True)
    return sum(_led_by_old(was, now, leading) and _is_new(title, was, now) for title, was, now in titles)


def _asked_again(changed: Sequence[Pair], tiers: Sequence[ConfidenceTier]) -> Asked:
    again: list[Pair] = []
    kept: list[Pair] = []
    for (was, now), tier in zip(changed, tiers, strict=True):
        code = was.candidates[0].code if was.candidates else None
        (kept if stands(code, tier, marks(was.candidates), now.candidates) else again).append((was, now))
    return _counted(again, kept)


def _counted(again: Sequence[Pair], kept: Sequence[Pair]) -> Asked:
    return Asked(
        roles=len(again),
        questions=len({decision_key(now).fingerprint for _, now in again}),
        stand=len(kept),
        otherwise=sum([each.code for each in was.candidates[:1]] != [now.candidates[0].code] for was, now in kept),
    )


def _is_new(title: GoldTitle, was: Question, now: Question) -> bool:
    return _right(title, now) and not _right(title, was)


def _right(title: GoldTitle, question: Question) -> bool:
    accepted = {code[:7] for code in title.codes}
    return any(candidate.code[:7] in accepted for candidate in question.candidates)


def _led_by_old(was: Question, now: Question, leading: int) -> bool:
    return set(marks(now.candidates[:leading])) <= set(marks(was.candidates))


def _changed(diff: ReleaseDiff) -> Iterator[str]:
    yield f"O*NET {diff.direction}"
    yield ""
    yield "| kind | rows |"
    yield "|---|---|"
    for name, changes in diff.kinds.items():
        yield f"| {name.replace('_', ' ')} | {changes.count:,} |"


def _bumps(found: dict[str, Bump]) -> Iterator[str]:
    yield "| upload | roles | other candidates | decided as | asked again | calls of 12 | stand | decided otherwise |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, each in found.items():
        for kind, part in (("all sure", each.sure), ("lexical", each.lexical), ("same candidates", each.same)):
            cells = [name, f"{each.roles:,}", _share(each.changed, each.roles), kind, _share(part.roles, each.roles)]
            cells += [f"{part.calls:,}", f"{part.stand:,}", _share(part.otherwise, part.stand)]
            yield f"| {' | '.join(cells)} |"


def _passed_over(gold: Sequence[GoldTitle], before: Sequence[Question], after: Sequence[Question]) -> Iterator[str]:
    found = sum(_is_new(*each) for each in zip(gold, before, after, strict=True))
    yield f"{len(gold):,} labelled titles; for {found} a right occupation is shown that was not."
    yield ""
    yield "| leading candidates | titles led by others than before | right occupation shown anew and passed over |"
    yield "|---|---|---|"
    for leading in OTHER_LEADING:
        led = sum(not _led_by_old(was, now, leading) for was, now in zip(before, after, strict=True))
        yield f"| {leading} | {_share(led, len(gold))} | {passed_over(gold, before, after, leading)} |"


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / max(whole, 1):.1%})"


if __name__ == "__main__":
    main()
