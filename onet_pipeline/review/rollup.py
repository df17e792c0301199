"""An occupation's place in SOC 2018: detailed occupation, broad, minor and major group, with their titles.

Belongs here: the structure of the classification (``data/soc_2018_groups.tsv``) and reading a code by it. Does not:
what is counted by group.

https://www.bls.gov/soc/2018/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from onet_pipeline.onet.records import Occupation

# Minor groups that do not end in three zeros, and the one broad group whose occupations begin differently.
_MINOR = {"15-1": "15-1200", "31-1": "31-1100", "51-5": "51-5100"}
_BROAD = {"29-1220": "29-1210"}


@dataclass(frozen=True, slots=True)
class Group:
    """A group of SOC 2018; ``title`` is None where it is not known."""

    code: str
    title: str | None


@dataclass(frozen=True, slots=True)
class Rollup:
    """The groups of one O*NET-SOC code: 6 digits (detailed), 5 (broad), 3 (minor) and 2 (major)."""

    detailed: Group
    broad: Group
    minor: Group
    major: Group


class Taxonomy:
    """The occupations of a release within SOC 2018."""

    def __init__(self, occupations: Iterable[Occupation] = ()) -> None:
        self._titles = {each.code: each.title for each in occupations}
        self._only = _only_members(self._titles)
        self._rollups: dict[str, Rollup] = {}

    def title(self, code: str) -> str | None:
        """Return the title of an O*NET-SOC code, None where the release has no such code."""
        return self._titles.get(code)

    def rollup(self, code: str) -> Rollup:
        """Return the groups of an O*NET-SOC code such as ``15-1299.08``, of this release or not."""
        if code not in self._rollups:
            self._rollups[code] = self._rollup(code)
        return self._rollups[code]

    def _rollup(self, code: str) -> Rollup:
        detailed, minor, major = code[:7], _MINOR.get(code[:4], f"{code[:4]}000"), f"{code[:2]}-0000"
        broad = broad_code(code)
        known = soc_groups()
        return Rollup(
            detailed=Group(detailed, self._titles.get(f"{detailed}.00")),
            broad=Group(broad, known[broad] if broad in known else self._titles.get(self._only.get(broad, ""))),
            minor=Group(minor, known.get(minor)),
            major=Group(major, known.get(major)),
        )


def broad_code(code: str) -> str:
    """Return the broad group of an O*NET-SOC code.

    >>> broad_code("15-1299.08")
    '15-1290'
    """
    own = f"{code[:6]}0"
    return _BROAD.get(own, own)


@cache
def soc_groups() -> Mapping[str, str | None]:
    """Return titles by code: all major and minor groups, and the broad groups not named like their only member.

    A title is None where its wording is not certain.
    """
    table = (files("onet_pipeline.review") / "data" / "soc_2018_groups.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines()[1:])
    return {code: title or None for code, title in rows}


def _only_members(titles: Iterable[str]) -> dict[str, str]:
    """Return the ``.00`` occupation of each broad group that the table leaves out: SOC gives both one title."""
    return {broad_code(code): code for code in titles if code.endswith(".00") and broad_code(code) not in soc_groups()}
