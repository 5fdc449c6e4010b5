"""Distributed training on real processes: shared memory instead of messages (lecture 08).

    shared_ring   ring all-reduce through shared memory
    processes     one process per worker, started and ended
    speed_up      the experiment of the lesson, beside the model's prediction

>>> from distlab.live.training import predicted_speed_up
>>> predicted_speed_up(0.040, 0.0, workers=2)
2.0
"""

from .processes import Measured, race, train_on_processes
from .shared_ring import SharedRing
from .speed_up import SPEED_UP, heavy_task, predicted_speed_up, speed_up

__all__ = [
    "SPEED_UP",
    "Measured",
    "SharedRing",
    "heavy_task",
    "predicted_speed_up",
    "race",
    "speed_up",
    "train_on_processes",
]
