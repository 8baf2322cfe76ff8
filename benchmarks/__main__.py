"""`python -m benchmarks`: times the scenarios beside Zipline and other peers, prints one table and writes JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks._engines import PEERS, engines_here, peers_here
from benchmarks._history import RESULTS, draw, fallen, kept
from benchmarks._measure import measure, rounds_wanted
from benchmarks._scenarios import SCENARIOS, reduced
from benchmarks._table import table, write
from rustybt import __version__


def main() -> None:
    """Measures what the command line asks for."""
    rounds, zipline_rounds = rounds_wanted()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=rounds, help="turns of RustyBT, two warm runs each")
    parser.add_argument(
        "--zipline-rounds",
        type=int,
        default=zipline_rounds,
        help="those of Zipline and the peers; 0: only a first run",
    )
    parser.add_argument("--no-peers", action="store_true", help="Zipline only")
    parser.add_argument("--reduced", action="store_true", help="a fraction of the data, to see that all agree")
    parser.add_argument("--data", type=Path, help="folder that keeps the data for the next time")
    parser.add_argument("--json", type=Path, default=Path(".benchmarks/scenarios.json"))
    parser.add_argument("--keep", action="store_true", help="also keep it in benchmarks/results, as this version's")
    parser.add_argument("--compare", action="store_true", help="exit code 1 where a ratio fell since the last version")
    parser.add_argument("--draw", type=Path, help="draw the kept versions into this picture, and measure nothing")
    given = parser.parse_args()
    if given.draw:
        draw(given.draw)
        return
    unknown = [name for name in given.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]!r}. Choose from {', '.join(SCENARIOS)}.")
    rows = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as temporary:
        folder = given.data or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in given.scenarios or SCENARIOS:
            scenario = reduced(SCENARIOS[name]) if given.reduced else SCENARIOS[name]
            engines = tuple(e for e in engines_here(name) if not (given.no_peers and e in PEERS))
            rows.append(measure(scenario, folder.resolve(), engines, given.rounds, given.zipline_rounds))
            print(f"{name} measured", file=sys.stderr, flush=True)
    print(table(rows))
    for name in PEERS.keys() - peers_here():
        print(f"{name} is not installed: uv sync --group peers, or RUSTYBT_PEERS_PYTHON=/its/python")
    write(rows, given.json)
    print(f"written to {given.json}")
    found = fallen(kept()[-1][1], {"scenarios": rows}) if given.compare and kept() else []
    if given.keep:
        write(rows, RESULTS / f"{__version__}.json")
    if found:
        raise SystemExit("slower than before:\n  " + "\n  ".join(found))


if __name__ == "__main__":
    main()
