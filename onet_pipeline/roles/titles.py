"""What makes two spellings the same title.

Belongs here: normalisation that fingerprints, evaluation and search share. Does not: weights, variants or synonyms
that only search uses.
"""

import re
import unicodedata

_SEPARATORS = re.compile(r"[^\w+#&]+|_+")
_ROMAN = frozenset(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"))


def normalise(title: str) -> str:
    """Fold case, accents, punctuation and space; ``C++``, ``C#`` and ``R&D`` keep their signs.

    >>> normalise("  Café-Manager (Sr.)")
    'cafe manager sr'
    """
    letters = title if title.isascii() else _without_accents(title)
    return _SEPARATORS.sub(" ", letters.casefold()).strip()


def is_level(word: str) -> bool:
    """Tell whether a normalised word is the number of a grade."""
    return word in _ROMAN or (word.isdecimal() and len(word) <= 2)


def without_level(title: str) -> str:
    """Drop the grades at the end of a normalised title, which say nothing of the occupation; one alone stays.

    >>> without_level("civil engineer iv"), without_level("42")
    ('civil engineer', '42')
    """
    words = title.split()
    while len(words) > 1 and is_level(words[-1]):
        words.pop()
    return " ".join(words)


def _without_accents(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
