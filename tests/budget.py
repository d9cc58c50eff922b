"""What each domain's tests take, beside what they may: CONTRIBUTING.md states the budget.

It is printed and fails nothing: machines differ, and what else they do does.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from _pytest.terminal import TerminalReporter

SECONDS = 45
DOMAINS = "tests/domains/"


def spent(reports: list[pytest.TestReport]) -> dict[str, float]:
    """Seconds by domain, setting up and tidying up included."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        if report.nodeid.startswith(DOMAINS):
            domain = report.nodeid.removeprefix(DOMAINS).partition("/")[0]
            seconds[domain] += report.duration
    return seconds


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print a line for each domain that was tested."""
    reports = [
        report
        for kind in terminalreporter.stats.values()
        for report in kind
        if isinstance(report, pytest.TestReport)
    ]
    found = spent(reports)
    if found:
        terminalreporter.section(f"seconds by domain, of {SECONDS} each")
    for domain, seconds in sorted(found.items(), key=lambda one: -one[1]):
        over = "  over its budget" if seconds > SECONDS else ""
        terminalreporter.line(f"{seconds:7.1f}s {domain}{over}")
