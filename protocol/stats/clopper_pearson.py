"""Exact bounds on a proportion."""

from __future__ import annotations

from dataclasses import dataclass

from scipy import special


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """k of n with n above 0."""

    k: int
    n: int

    @property
    def share(self) -> float:
        """The observed share."""
        return self.k / self.n

    def lower(self, confidence: float) -> float:
        """Return the exact one-sided lower bound.

        In words: the share below which k or more of n has probability 1 - confidence, a quantile
        of the beta distribution with parameters k and n - k + 1; 0 for k = 0. The two ends of a
        two-sided 95% interval are the one-sided bounds at confidence .975.

        References:
            Clopper, C. J. & Pearson, E. S. (1934). The use of confidence or fiducial limits
            illustrated in the case of the binomial. Biometrika 26, 404-413.

        Example:
            >>> round(Proportion(k=15, n=15).lower(0.95), 3)
            0.819
        """
        if self.k == 0:
            return 0.0
        return float(special.betaincinv(self.k, self.n - self.k + 1, 1 - confidence))

    def upper(self, confidence: float) -> float:
        """Return the exact one-sided upper bound; 1 for k = n, and 1 - (1 - confidence)^(1/n) for k = 0.

        Example:
            >>> round(Proportion(k=0, n=15).upper(0.95), 3)
            0.181
        """
        if self.k == self.n:
            return 1.0
        return float(special.betaincinv(self.k + 1, self.n - self.k, confidence))
