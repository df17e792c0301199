"""What another release would cost: how many roles of uploads are asked again, and in how many calls.

    python -m benchmarks.release_bump --before db_29_3_text.zip --after db_30_1_text.zip UPLOAD…

A role is asked again where the fingerprint of its decision changed: another candidate is shown, or one that is shown
has another title or description. Spellings that normalise alike are one question, a role without candidates is none.
"Led by old ones" are roles whose ten leading candidates were all among those shown before, with the same words.
"""

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from onet_pipeline.onet.comparison import ReleaseDiff, compare
from onet_pipeline.onet.records import Release
from onet_pipeline.onet.release import load_release
from onet_pipeline.roles.mapper import decision_fingerprint
from onet_pipeline.roles.records import Candidate, Question, Role
from onet_pipeline.roles.search import build_index
from onet_pipeline.roles.spreadsheets import read_upload_file

SHOWN, BATCH, LEADING = 20, 12, 10


@dataclass(frozen=True)
class Bump:
    """What a release does to the roles of one upload."""

    roles: int
    asked_again: int
    questions: int
    led_by_old: int

    @property
    def calls(self) -> int:
        """Calls of twelve questions, faults and second looks apart."""
        return -(-self.questions // BATCH)


def main() -> None:
    """Measure and print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("uploads", nargs="+", type=Path)
    parser.add_argument("--before", type=Path, required=True, help="zip file or folder of the release in use")
    parser.add_argument("--after", type=Path, required=True, help="zip file or folder of the release to come")
    options = parser.parse_args()
    before, after = load_release(options.before), load_release(options.after)
    roles = {path.name: read_upload_file(path).roles for path in options.uploads}
    old, new = asked(before, roles.values()), asked(after, roles.values())
    started = time.process_time()
    diff = compare(before, after)
    print("\n".join([*_changed(diff), "", f"Compared in {time.process_time() - started:.1f} s of processor time.", ""]))
    print("| upload | roles | asked again | share | calls of 12 | led by old ones |")
    print("|---|---|---|---|---|---|")
    for name, was, now in zip(roles, old, new, strict=True):
        print(_row(name, bump(was, now)))


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
    known = {decision_fingerprint(question) for question in before}
    again = [each for each in after if each.candidates and decision_fingerprint(each) not in known]
    return Bump(
        roles=len(after),
        asked_again=len(again),
        questions=len({decision_fingerprint(question) for question in again}),
        led_by_old=sum(
            _shown(now.candidates[:LEADING]) <= _shown(was.candidates) for was, now in zip(before, after, strict=True)
        ),
    )


def _shown(candidates: Iterable[Candidate]) -> set[tuple[str, str, str]]:
    return {(each.code, each.title, each.description) for each in candidates}


def _changed(diff: ReleaseDiff) -> Iterator[str]:
    yield f"O*NET {diff.direction}"
    yield ""
    yield "| kind | rows |"
    yield "|---|---|"
    for name, changes in diff.kinds.items():
        yield f"| {name.replace('_', ' ')} | {changes.count:,} |"


def _row(name: str, found: Bump) -> str:
    share, led = (number / max(found.roles, 1) for number in (found.asked_again, found.led_by_old))
    return f"| {name} | {found.roles:,} | {found.asked_again:,} | {share:.1%} | {found.calls:,} | {led:.1%} |"


if __name__ == "__main__":
    main()
