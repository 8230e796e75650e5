"""A measure at several data sets at once: with each group left out, or in each resample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One value for each data set, or none."""

    values: NDArray[np.float64]
    """Shape (sets,); what stands where the measure is undefined is not read."""
    defined: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: list[Values]) -> Values:
        """Put the values of several batches one after the other."""
        if not parts:
            return cls(values=np.zeros(0), defined=np.zeros(0, dtype=np.bool_))
        return cls(
            values=np.concatenate([part.values for part in parts]),
            defined=np.concatenate([part.defined for part in parts]),
        )
