"""What a schedule came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab.faults.compare import Finding


@dataclass(slots=True)
class Outcome:
    """What a schedule came to; `happened`: the faults that struck, in order."""

    seed: int
    findings: list[Finding] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return not self.findings
