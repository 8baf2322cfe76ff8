"""`python -m tests.independent FIRST LAST`: reckons seeds twice, and prints where they part."""

from __future__ import annotations

import sys
import warnings

from tests.independent._compare import parted
from tests.independent._draw import draw
from tests.independent._through import reckon


def main(first: int, last: int, lines: int) -> None:
    """Prints each seed that differs."""
    warnings.simplefilter("ignore")
    bad = tied = 0
    for seed in range(first, last):
        world = draw(seed)
        try:
            found = parted(world, reckon(world))
        except Exception as error:  # noqa: BLE001 the seed is what matters
            found = [f"{type(error).__name__}: {error}"]
        bad += bool(found)
        tied += world.tied
        if found:
            about = (world.daily, world.fill_at, world.trigger, world.touch, world.same_bar)
            print(seed, *about, world.slippage[0], world.commission[0], len(found))
            for line in found[:lines]:
                print("   ", line)
    print(f"{bad} of {last - first} differ; in {tied} a bar has two results that are worth the same")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 4)
