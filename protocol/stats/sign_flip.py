"""The sign-flip test of a mean difference over tasks.

Differences are fractions: rater means of level differences lie on a common grid, so ties are
decided exactly and not by floating-point luck.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

ENUMERATION_TASKS = 20
MONTE_CARLO_PATTERNS = 99_999
CONVOLUTION_BYTES = 20_000_000
"""Bytes moved by the convolution on whole numbers above which floats take over; some milliseconds."""
TRANSFORM_CELLS = 20_000_000
"""Distinct sizes times frequencies of the convolution on floats above which patterns are drawn; a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlip:
    """Two-sided p with how it was found."""

    p: float
    exact: Fraction | None
    """The same as a fraction of all patterns; None for Monte-Carlo."""
    method: str
    n_nonzero: int
    replicates: int | None = None
    seed: int | None = None


def sign_flip_test(differences: Sequence[Fraction], *, seed: int, of: str = "tasks") -> SignFlip:
    """Return the two-sided sign-flip p of task differences.

    In words: if the scaffold did nothing, each task's difference could as well have had the other
    sign. p is the share of the 2^n sign patterns whose sum is at least as far from 0 as the
    observed one. Zero differences carry no information and are left out.

    Args:
        differences: One per task.
        seed: Used only where Monte-Carlo is needed.
        of: What a difference belongs to, for the description.

    The way: exact by convolution when the differences, as whole multiples of their common unit,
    span a grid of bearable size (with hundreds of tasks on floats, exact up to their rounding);
    else exact by enumeration for up to 20 nonzero tasks; else Monte-Carlo with (b + 1) / (B + 1).
    The result says which.

    Degenerate: no nonzero difference gives 1. The smallest possible p is 2 / 2^(nonzero tasks).

    References:
        Fisher, R. A. (1935). The Design of Experiments, section 21. Phipson, B. & Smyth, G. K.
        (2010). Permutation p-values should never be zero.

    Example:
        Differences 1, 1, 2: of 8 patterns only (+ + +) and (- - -) reach |4|:

        >>> sign_flip_test([Fraction(1), Fraction(1), Fraction(2)], seed=1).exact
        Fraction(1, 4)
    """
    steps = _on_common_grid([value for value in differences if value])
    n = len(steps)
    total = abs(sum(steps))
    if n == 0:
        return SignFlip(p=1.0, exact=Fraction(1), method="exact: no nonzero difference", n_nonzero=0)
    sizes = [abs(step) for step in steps]
    if _convolution_bytes(sizes) <= CONVOLUTION_BYTES:
        method = f"exact: all sign patterns of {n} nonzero {of}, by convolution"
        return _exact(2 * patterns_at_least(sizes, total), n, total, method)
    if n > ENUMERATION_TASKS and len(set(sizes)) * _frequencies(sizes) <= TRANSFORM_CELLS:
        method = f"exact up to rounding: all sign patterns of {n} nonzero {of}, by convolution"
        return _exact_in_floats(sizes, total, method)
    if n <= ENUMERATION_TASKS:
        method = f"exact: all sign patterns of {n} nonzero {of}, enumerated"
        return _exact(2 * _enumerated_at_least(sizes, total), n, total, method)
    return _monte_carlo(sizes, total, seed, of)


def patterns_at_least(sizes: Sequence[int], total: int) -> int:
    """Return how many sign patterns of positive whole sizes have a sum of at least `total`.

    The sum is S - 2M with M the sum of the sizes that turn negative, and the counts of M are the
    coefficients of the product of (1 + x^size). The product is taken on one long integer, with
    digits wide enough for every count; modulo (base - 1) it yields the sum of its digits.
    """
    everything = sum(sizes)
    if total > everything:
        return 0
    largest_negative = (everything - total) // 2
    digit = len(sizes) + 2
    mask = (1 << ((largest_negative + 1) * digit)) - 1
    product = 1
    for size in sizes:
        product = (product + (product << (size * digit))) & mask
    return product % ((1 << digit) - 1)


def _exact(two_sided: int, n: int, total: int, method: str) -> SignFlip:
    share = Fraction(1) if total == 0 else Fraction(two_sided, 2**n)
    above_zero = max(float(share), sys.float_info.min)
    return SignFlip(p=above_zero, exact=share, method=method, n_nonzero=n)


def _exact_in_floats(sizes: Sequence[int], total: int, method: str) -> SignFlip:
    """The same convolution on floats: a product of characteristic functions, transformed back.

    The negative part M of a pattern is a sum of independent choices 0 or size; p is twice the
    probability that M is at most (S - total) / 2. The transform errs by a share of the largest
    probability, so the choices are first tilted until that bound is the mean of M: the tail then
    has its digits, however small it is, and the tilt is taken back term by term.
    """
    everything = sum(sizes)
    bound = (everything - total) // 2
    if total == 0:
        p = 1.0
    elif bound == 0:
        p = 2.0 ** (1 - len(sizes))
    else:
        p = min(1.0, 2 * _probability_at_most(sizes, bound))
    return SignFlip(p=max(p, sys.float_info.min), exact=None, method=method, n_nonzero=len(sizes))


def _probability_at_most(sizes: Sequence[int], bound: int) -> float:
    counted = Counter(sizes)
    size = np.array(sorted(counted), dtype=np.float64)
    times = np.array([counted[int(one)] for one in size], dtype=np.float64)
    tilt = _tilt(size, times, bound)
    weight = np.exp(tilt * size)
    frequencies = _frequencies(sizes)
    angles = -2j * math.pi * np.arange(frequencies // 2 + 1) / frequencies
    logarithm = np.zeros(len(angles), dtype=np.complex128)
    for one, k, w in zip(size, times, weight, strict=True):
        logarithm += k * np.log((1 + w * np.exp(angles * one)) / (1 + w))
    tilted = np.fft.irfft(np.exp(logarithm), n=frequencies)[: bound + 1]
    below = bound - np.arange(bound + 1)
    scale = float((times * (np.log1p(weight) - math.log(2))).sum()) - tilt * bound
    return math.exp(scale) * max(0.0, float((tilted * np.exp(tilt * below)).sum()))


def _tilt(size: NDArray[np.float64], times: NDArray[np.float64], bound: int) -> float:
    """The exponent, below 0, at which the mean of the tilted sum is the bound; by bisection."""
    low, high = -1.0, 0.0
    while _tilted_mean(size, times, low) > bound:
        low *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if _tilted_mean(size, times, middle) > bound:
            high = middle
        else:
            low = middle
    return low


def _tilted_mean(size: NDArray[np.float64], times: NDArray[np.float64], tilt: float) -> float:
    weight = np.exp(tilt * size)
    return float((times * size * weight / (1 + weight)).sum())


def _frequencies(sizes: Sequence[int]) -> int:
    """Length of the transform: a power of two that holds every sum."""
    return 1 << (sum(sizes) + 1).bit_length()


def _on_common_grid(nonzero: Sequence[Fraction]) -> list[int]:
    unit = math.lcm(*(value.denominator for value in nonzero)) if nonzero else 1
    steps = [value.numerator * (unit // value.denominator) for value in nonzero]
    common = math.gcd(*steps) if steps else 1
    return [step // common for step in steps]


def _convolution_bytes(sizes: Sequence[int]) -> int:
    return len(sizes) * (sum(sizes) // 2 + 1) * (len(sizes) + 1) // 8


def _enumerated_at_least(sizes: Sequence[int], total: int) -> int:
    """All signed sums of one half against the sorted signed sums of the other."""
    middle = len(sizes) // 2
    left, right = _signed_sums(sizes[:middle]), sorted(_signed_sums(sizes[middle:]))
    return sum(len(right) - bisect_right(right, total - one - 1) for one in left)


def _signed_sums(sizes: Sequence[int]) -> list[int]:
    sums = [0]
    for size in sizes:
        sums = [one + sign * size for one in sums for sign in (1, -1)]
    return sums


def _monte_carlo(sizes: Sequence[int], total: int, seed: int, of: str) -> SignFlip:
    largest = max(sizes)
    scaled = np.array([size / largest for size in sizes])
    bound = total / largest - 1e-9
    generator = np.random.default_rng(seed)
    hits = drawn = 0
    while drawn < MONTE_CARLO_PATTERNS:
        chunk = min(10_000, MONTE_CARLO_PATTERNS - drawn)
        signs = generator.integers(0, 2, size=(chunk, len(sizes))) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ scaled) >= bound))
        drawn += chunk
    return SignFlip(
        p=(hits + 1) / (MONTE_CARLO_PATTERNS + 1),
        exact=None,
        method=f"Monte-Carlo: {MONTE_CARLO_PATTERNS} sign patterns of {len(sizes)} nonzero {of}, seed {seed}",
        n_nonzero=len(sizes),
        replicates=MONTE_CARLO_PATTERNS,
        seed=seed,
    )
