"""`python -m burstview_engines.simulator.image [--engine ENGINE] [--tag NAME]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from burstview_engines.places.docker.endpoint import DockerProblem, check, resolve
from burstview_engines.simulator.image.docker_import import make_image
from burstview_engines.simulator.image.interpreter import ImageError
from burstview_engines.simulator.image.recipe import RECIPES, Recipe


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all images are made; 1 with one sentence on stderr when one cannot be."""
    parser = argparse.ArgumentParser(
        prog="python -m burstview_engines.simulator.image",
        description="Make container images of the embedded engines out of this Python, without "
        "any registry.",
    )
    parser.add_argument("--engine", choices=sorted(RECIPES), help="only this one (all)")
    parser.add_argument("--tag", help="the image's name (burstview/standin-ENGINE:latest)")
    asked = parser.parse_args(arguments)
    if asked.tag and not asked.engine:
        parser.error("--tag names one image; say which with --engine")
    recipes = [RECIPES[asked.engine]] if asked.engine else list(RECIPES.values())
    try:
        for name in _make(recipes, asked.tag):
            sys.stdout.write(f"{name}\n")
    except (ImageError, DockerProblem) as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def _make(recipes: Sequence[Recipe], tag: str | None) -> list[str]:
    """The names. Raises ImageError and DockerProblem."""
    import docker

    url = resolve(os.environ, Path.home()).url
    check(url)
    names = [tag or recipe.reference for recipe in recipes]
    try:
        client = docker.DockerClient(base_url=url)
        for recipe, name in zip(recipes, names, strict=True):
            make_image(client, recipe, name)
        client.close()
    except docker.errors.DockerException as failure:
        raise ImageError(f"Docker at {url} cannot be asked: {failure}.") from failure
    return names


if __name__ == "__main__":
    sys.exit(main())
