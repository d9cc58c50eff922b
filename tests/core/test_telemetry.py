"""What services log, line by line."""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Thread

SERVICE = """
from tbg.core import telemetry
from tbg.core.settings import Settings
telemetry.configure(Settings(metrics_port=0), service="ingest")
for number in range(2000):
    telemetry.log(__name__).info("said", number=number)
"""


def test_log_lines_of_several_services_are_not_interleaved() -> None:
    """They start unbuffered, as `tbg up` and most containers start them."""
    out, into = os.pipe()
    services = [
        subprocess.Popen(
            [sys.executable, "-c", SERVICE], stderr=into, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        for _ in range(2)
    ]
    os.close(into)
    said: list[str] = []
    with os.fdopen(out, encoding="utf-8") as log:
        reader = Thread(target=lambda: said.extend(log))
        reader.start()
        assert [service.wait() for service in services] == [0, 0]
        reader.join()
    broken = [line for line in said if not (line.startswith("{") and line.endswith("}\n"))]
    broken += [line for line in said if line.count("{") > 1]
    assert (len(said), broken) == (4000, [])
