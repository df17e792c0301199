"""What a title says when the short forms of payroll and HR systems are spelt out: ``POL OFCR 3``, ``Acctg Tech``.

Belongs here: the shipped table (``data/abbreviations.tsv``), and which words of a title say nothing of the work. Does
not: unknown words that stand in no table (``variants``), or which occupation a phrase means (``readings``).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from onet_pipeline.roles.titles import is_level

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The words that an abbreviation stands for, and the neighbours of which it needs one: none, where both are empty.

    No words: it says nothing of the work.
    """

    words: tuple[str, ...]
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    def fits(self, before: frozenset[str], after: frozenset[str]) -> bool:
        """Tell whether it may be meant between these neighbours."""
        return not (self.before or self.after) or bool(self.before & before or self.after & after)


Table = Mapping[tuple[str, ...], tuple[Meaning, ...]]


def expanded(title: str) -> str | None:
    """Spell out the abbreviations of a normalised title and drop its levels; None where there is no abbreviation.

    >>> expanded("pol ofcr iii")
    'police officer'
    >>> expanded("rec leader pt"), expanded("staff pt")
    ('recreation leader', 'staff physical therapist')
    """
    words = title.split()
    if _first_words().isdisjoint(words):
        return None
    meant = [(part, _meaning(words, part)) for part in _parts(words)]
    if not any(meaning for _, meaning in meant):
        return None
    return " ".join(word for part, meaning in meant for word in _spelt(words, part, meaning)) or None


@cache
def read_table() -> Table:
    """Return the shipped meanings of each abbreviation, in the order in which they are tried."""
    table: dict[tuple[str, ...], list[Meaning]] = defaultdict(list)
    text = files("onet_pipeline.roles.search").joinpath("data/abbreviations.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            short, words, *neighbours = line.split("\t")
            meaning = Meaning(() if words == _NOTHING else tuple(words.split()), *_sides(" ".join(neighbours)))
            table[tuple(short.split())].append(meaning)
    return {short: tuple(meanings) for short, meanings in table.items()}


def _sides(neighbours: str) -> tuple[frozenset[str], frozenset[str]]:
    """Split ``x_``, before the abbreviation, from ``_x``, after it."""
    listed = neighbours.split()
    before = frozenset(word.removesuffix("_") for word in listed if word.endswith("_"))
    return before, frozenset(word.removeprefix("_") for word in listed if word.startswith("_"))


@cache
def _first_words() -> frozenset[str]:
    return frozenset(short[0] for short in read_table())


@cache
def _longest() -> int:
    return max(map(len, read_table()))


def _parts(words: Sequence[str]) -> Iterator[slice]:
    """Cut a title into entries of the table, the longest first, and single words."""
    table, at = read_table(), 0
    while at < len(words):
        lengths = (length for length in range(_longest(), 1, -1) if tuple(words[at : at + length]) in table)
        part = slice(at, at + next(lengths, 1))
        yield part
        at = part.stop


def _meaning(words: Sequence[str], part: slice) -> Meaning | None:
    meanings = read_table().get(tuple(words[part]))
    if not meanings:
        return None
    before, after = _near(words[: part.start][-1:], -1), _near(words[part.stop :][:1], 0)
    return next((meaning for meaning in meanings if meaning.fits(before, after)), None)


def _near(neighbour: Sequence[str], end: int) -> frozenset[str]:
    """Return a neighbour as written, and the near end of all that it may stand for."""
    meanings = read_table().get(tuple(neighbour), ())
    return frozenset((*neighbour, *(meaning.words[end] for meaning in meanings if meaning.words)))


def _spelt(words: Sequence[str], part: slice, meaning: Meaning | None) -> Sequence[str]:
    if meaning is not None:
        return meaning.words
    return () if part.start and is_level(words[part.start]) else words[part]
