"""Bugs that are planted while the harness runs: it is believed only when it catches them all.

Each takes the place of a function of the program for as long as it is planted; nothing of this
is in the program itself.
"""

from tbg.app.faults.mutants.arrival import ARRIVAL
from tbg.app.faults.mutants.delivery import DELIVERY
from tbg.app.faults.mutants.mutant import Mutant
from tbg.app.faults.mutants.rewards import REWARDS
from tbg.app.faults.mutants.tasks import TASKS

MUTANTS: tuple[Mutant, ...] = (*ARRIVAL, *REWARDS, *DELIVERY, *TASKS)

__all__ = ["MUTANTS", "Mutant"]
