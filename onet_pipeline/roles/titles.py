"""What makes two spellings the same title.

Belongs here: normalisation that fingerprints, evaluation and search share. Does not: weights, variants or synonyms
that only search uses.
"""

import re
import unicodedata

_SEPARATORS = re.compile(r"[^\w+#&]+|_+")


def normalise(title: str) -> str:
    """Fold case, accents, punctuation and space; ``C++``, ``C#`` and ``R&D`` keep their signs.

    >>> normalise("  Café-Manager (Sr.)")
    'cafe manager sr'
    """
    letters = title if title.isascii() else _without_accents(title)
    return _SEPARATORS.sub(" ", letters.casefold()).strip()


def _without_accents(title: str) -> str:
    decomposed = unicodedata.normalize("NFKD", title)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
