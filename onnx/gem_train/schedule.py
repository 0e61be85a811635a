"""How long a stage goes on, and how fast it learns at each moment.

In: how many windows a stage is to see, and how many minutes it may take.
Out: progress from 0 to 1, and the factor of the learning rate.

The rate stays level after the warm-up and falls over the last part, so a stage may be stopped and gone on with. Minutes
are working time: a step that takes much longer than usual was stopped from outside, and counts as a usual one.
"""

import time
from dataclasses import dataclass, field

WARM_UP = 0.02
FALL_FROM = 0.7
LAST_FACTOR = 0.02
# A step this many times longer than the usual one was interrupted.
INTERRUPTED = 6.0


@dataclass
class Schedule:
    """The state of one stage; `windows_done` and `working_s` are what a continuation needs."""

    windows: int
    minutes: float
    windows_done: int = 0
    working_s: float = 0.0
    _usual_s: float | None = None
    _last: float = field(default_factory=time.monotonic)

    @property
    def progress(self) -> float:
        """The greater share of windows and of time that is used up."""
        return min(1.0, max(self.windows_done / self.windows, self.working_s / (60 * self.minutes)))

    @property
    def finished(self) -> bool:
        """Nothing is left to do."""
        return self.progress >= 1.0

    @property
    def rate_factor(self) -> float:
        """What the learning rate is multiplied with."""
        progress = self.progress
        if progress < WARM_UP:
            return max(progress / WARM_UP, 0.01)
        if progress < FALL_FROM:
            return 1.0
        return max((1 - progress) / (1 - FALL_FROM), LAST_FACTOR)

    def step(self, windows: int) -> None:
        """So many windows more were seen."""
        now = time.monotonic()
        took, self._last = now - self._last, now
        usual = took if self._usual_s is None else self._usual_s
        took = min(took, INTERRUPTED * usual)
        self._usual_s = 0.95 * usual + 0.05 * took
        self.windows_done += windows
        self.working_s += took
