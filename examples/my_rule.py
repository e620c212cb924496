"""Soft sign descent: however steep the slope, no coordinate moves farther than lr in a step."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SoftSign:
    lr: float = 0.1

    def init(self, _theta):
        return ()

    def update(self, gradient, state):
        return self.lr * gradient / np.sqrt(1.0 + gradient * gradient), state
