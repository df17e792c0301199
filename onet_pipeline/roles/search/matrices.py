"""Sparse matrices: made of rows of numbers, and as plain arrays, so that an index is stored without pickle.

Belongs here: making a matrix, taking it apart and putting it together. Does not: files (``artefact``).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sized
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Arrays = Mapping[str, NDArray[Any]]


def incidence(rows: Iterable[Iterable[int]], columns: Sized) -> csr_array:
    """Return a matrix with a 1, as float32, for each number that a row holds.

    Rows are read one by one, and never all held as lists; ``columns`` may grow meanwhile.
    """
    from scipy.sparse import csr_array

    numbers, ends = array("i"), array("i", [0])
    for row in rows:
        numbers.extend(row)
        ends.append(len(numbers))
    held = (np.ones(len(numbers), np.float32), np.asarray(numbers), np.asarray(ends))
    return csr_array(held, shape=(len(ends) - 1, len(columns)))


def taken_apart(matrix: csr_array) -> dict[str, NDArray[Any]]:
    """Return values, columns, row ends and width of a sparse matrix."""
    return {
        "values": matrix.data.astype(np.float32, copy=False),
        "columns": matrix.indices.astype(np.int32, copy=False),
        "ends": matrix.indptr.astype(np.int32, copy=False),
        "width": np.array([matrix.shape[1]], dtype=np.int32),
    }


def put_together(arrays: Arrays) -> csr_array:
    """Make the sparse matrix from its arrays, without copying them."""
    from scipy.sparse import csr_array

    shape = (len(arrays["ends"]) - 1, int(arrays["width"][0]))
    return csr_array((arrays["values"], arrays["columns"], arrays["ends"]), shape=shape, copy=False)


def prefixed(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Return the arrays under ``name.key``."""
    return {f"{name}.{key}": array for key, array in arrays.items()}


def under(name: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names start with ``name.``, without that prefix."""
    start = f"{name}."
    return {key.removeprefix(start): array for key, array in arrays.items() if key.startswith(start)}
