"""SPARC: how smooth a movement was, as the arc length of its speed profile's normalised spectrum.

S. Balasubramanian, A. Melendez-Calderon, A. Roby-Brami, E. Burdet: "On the analysis of movement smoothness",
Journal of NeuroEngineering and Rehabilitation 12:112 (2015). Zero padding level 4, 10 Hz cutoff, 5 % amplitude
threshold, as published. It runs once at the end of a pass, on numpy: a transform of 4,096 to 65,536 points.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from numpy.fft import rfft  # here: numpy loads it at first use, and a cue would wait for it

PADDING_LEVEL = 4
CUTOFF_HZ = 10.0
AMPLITUDE = 0.05
LEAST_SAMPLES = 8
"""Fewer samples have no spectrum worth the name."""


def sparc(speeds: Sequence[float], rate_hz: float) -> float:
    """Spectral arc length of a speed profile sampled at `rate_hz`; dimensionless, below 0, smoother is higher.

    Raises ValueError for a profile of fewer than two samples, or with no movement in it.
    """
    profile = np.asarray(speeds, dtype=float)
    if profile.size < 2 or rate_hz <= 0:
        raise ValueError("SPARC needs two samples or more and a positive rate")
    points = 2 ** (int(np.ceil(np.log2(profile.size))) + PADDING_LEVEL)
    spectrum = np.abs(rfft(profile, points))
    top = spectrum.max()
    if not top > 0:
        raise ValueError("SPARC of a profile without movement")
    frequency = np.arange(spectrum.size) * (rate_hz / points)
    magnitude = spectrum / top
    below = frequency <= CUTOFF_HZ
    frequency, magnitude = frequency[below], magnitude[below]
    strong = np.nonzero(magnitude >= AMPLITUDE)[0]
    kept = slice(strong[0], strong[-1] + 1)
    frequency, magnitude = frequency[kept], magnitude[kept]
    if frequency.size < 2:
        return 0.0
    step = np.diff(frequency) / (frequency[-1] - frequency[0])
    return -float(np.sum(np.sqrt(step * step + np.diff(magnitude) ** 2)))


def smoothness(points: Sequence[tuple[float, float]]) -> float | None:
    """SPARC of (time in s, speed in m/s) points; unevenly spaced ones are put on an even grid first.

    None where there is too little to say: fewer than eight points, or no speed in them.
    """
    if len(points) < LEAST_SAMPLES:
        return None
    times, speeds = np.asarray(points, dtype=float).T
    step = median(np.diff(times).tolist())
    span = times[-1] - times[0]
    if not step > 0 or not span > 0 or not np.any(speeds):
        return None
    count = min(round(span / step) + 1, 65536)
    grid = np.linspace(times[0], times[-1], count)
    return sparc(np.interp(grid, times, np.abs(speeds)).tolist(), (count - 1) / span)
