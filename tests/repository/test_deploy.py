"""The files in deploy/ fit together."""

from __future__ import annotations

import re
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"


def setting(file: str, name: str) -> list[str]:
    return re.findall(rf"^#?{name}=(.*)$", (DEPLOY / file).read_text(), re.MULTILINE)


def test_nobody_else_can_take_the_port_that_the_proxy_sends_to() -> None:
    proxied, at_home = setting("env.example", "TBG_PORT")
    assert f"reverse_proxy 127.0.0.1:{proxied}\n" in (DEPLOY / "Caddyfile").read_text()
    assert int(proxied) < 1024
    assert int(at_home) < 1024
    for option in ("AmbientCapabilities", "CapabilityBoundingSet"):
        assert setting("tbg.service", option) == ["CAP_NET_BIND_SERVICE"]


def test_a_wrong_setting_does_not_make_a_service_restart_for_ever() -> None:
    for unit in ("tbg.service", "tbg-collect.service"):
        assert setting(unit, "Restart") == ["always"]
        assert setting(unit, "RestartPreventExitStatus") == ["2"]
