"""Which requests are kept: one of each block of so many, and how many it stands for."""

from __future__ import annotations

import random


class Sampler:
    """Keeps a share of what it is asked about, and says with which probability.

    One of each block of ``1 / rate`` is kept, which of them by chance. So what is kept stands for as many as
    there were, to within a block; with dice for each one it would only come near.
    """

    def __init__(self, rate: float) -> None:
        self._length = 1 / rate
        self._carry = 0.0
        self._left = 0
        self._block = 1
        self._chosen = 0

    def take(self) -> float | None:
        """The probability with which this one was kept; None if it is not."""
        if self._left == 0:
            self._carry += self._length
            self._block = self._left = int(self._carry)
            self._carry -= self._block
            self._chosen = random.randint(1, self._block)  # noqa: S311
        self._left -= 1
        return 1 / self._block if self._left + 1 == self._chosen else None
