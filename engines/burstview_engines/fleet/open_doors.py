"""What is worth knowing before other machines may reach an engine. Pure."""

from __future__ import annotations

from burstview_engines.control import Finding
from burstview_engines.launch.key_file import takes_key
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import LaunchSpec


def lan_findings(spec: LaunchSpec) -> tuple[Finding, ...]:
    """A warning where nothing but the network decides who uses it; empty otherwise."""
    profile = LAUNCH[spec.engine]
    if not spec.lan or spec.api_key_env is not None:
        return ()
    if takes_key(profile):
        return (
            Finding(
                "lan",
                "warning",
                f"All machines of the network can use this {profile.label}, without a key.",
                "Put a key into a variable of your environment and name it as the API key's.",
            ),
        )
    return (
        Finding(
            "lan",
            "warning",
            f"All machines of the network can use this {profile.label}: it knows no keys.",
            "Open it only where you trust everybody; others can forward its port by ssh.",
        ),
    )
