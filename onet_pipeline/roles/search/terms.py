"""How a title becomes terms: words, stems, character n-grams.

Belongs here: cutting text into terms and bounding how much of it is read. Does not: weights (``bm25``, ``nearest``),
or what makes two spellings the same title (``roles.titles``).
"""

from functools import lru_cache

from onet_pipeline.roles.titles import normalise

MAX_CHARACTERS = 2_000
"""Signs of a title that are looked at: the longest O*NET title has 130, a pasted paragraph should not cost a second."""
MAX_WORDS = 64
"""Words of a title that are looked at."""
MAX_WORD = 40
"""Letters of a word that are looked at."""

_ENDINGS = ("ation", "ment", "ing", "er", "or", "ion", "ed", "al", "y", "e")
_SHORTEST_STEM = 4


def words(title: str) -> list[str]:
    """Return the normalised words of a title, bounded in number and length."""
    return [word[:MAX_WORD] for word in normalise(title[:MAX_CHARACTERS]).split()[:MAX_WORDS]]


def text_words(text: str) -> list[str]:
    """Return all normalised words of a text of O*NET's own: a description or a task."""
    return normalise(text).split()


def singular(word: str) -> str:
    """Fold the plural: ``duties`` and ``duty``, ``nurses`` and ``nurse`` are one term.

    >>> singular("secretaries"), singular("boss"), singular("drivers")
    ('secretary', 'boss', 'driver')
    """
    if len(word) <= 3 or word.endswith("ss"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word.removesuffix("s")


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """Fold one common ending too: ``welder``, ``welding`` and ``weld`` are one term.

    >>> stem("welders"), stem("welding"), stem("nurse")
    ('weld', 'weld', 'nurs')
    """
    base = singular(word)
    for ending in _ENDINGS:
        if base.endswith(ending) and len(base) - len(ending) >= _SHORTEST_STEM:
            return base.removesuffix(ending)
    return base


def grams(word: str, size: int = 4) -> list[str]:
    """Return the character n-grams of a word with its borders; a short word is one gram.

    >>> grams("nurse")
    [' nur', 'nurs', 'urse', 'rse ']
    """
    framed = f" {word} "
    return [framed[start : start + size] for start in range(max(1, len(framed) - size + 1))]


def singulars(word: str) -> tuple[str]:
    """Cut a word into itself, its plural folded."""
    return (singular(word),)


def stems(word: str) -> tuple[str]:
    """Cut a word into its stem."""
    return (stem(word),)


def letter_pairs(word: str) -> list[str]:
    """Cut a word into pairs of letters."""
    return grams(word, 2)
