"""Bugs that are planted while the harness runs: it is believed only when it catches them all.

Each takes the place of a function of the program for as long as it is planted; nothing of this
is in the program itself.
"""

from lab.faults.mutants.arrival import ARRIVAL
from lab.faults.mutants.delivery import DELIVERY
from lab.faults.mutants.mutant import Mutant
from lab.faults.mutants.rewards import REWARDS
from lab.faults.mutants.tasks import TASKS

MUTANTS: tuple[Mutant, ...] = (*ARRIVAL, *REWARDS, *DELIVERY, *TASKS)

__all__ = ["MUTANTS", "Mutant"]
