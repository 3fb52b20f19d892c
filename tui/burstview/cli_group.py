"""A click group that imports a command only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click


class LazyGroup(click.Group):
    """`lazy` maps a command's name to the module that has a command of that name."""

    def __init__(
        self,
        name: str | None = None,
        *,
        lazy: Mapping[str, str] | None = None,
        **options: object,
    ) -> None:
        super().__init__(name, **options)  # type: ignore[arg-type]  # click's own options, unchanged
        self._lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were named."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return it; None for a name that was not given."""
        module = self._lazy.get(cmd_name)
        if module is None:
            return None
        command = getattr(importlib.import_module(module), cmd_name)
        return command if isinstance(command, click.Command) else None
