"""Sparse matrices as plain arrays, so that an index is stored without pickle.

Belongs here: taking a matrix apart and putting it together. Does not: files (``artefact``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Arrays = Mapping[str, NDArray[Any]]


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
