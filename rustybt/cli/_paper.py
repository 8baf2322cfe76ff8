"""`rustybt paper`: a strategy on paper, over bars that are played again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from rustybt.cli._run import READING, given_arguments
from rustybt.cli._run import run as run_command
from rustybt.errors import InputError, RustyBTError

if TYPE_CHECKING:
    from rustybt.live import Feed, PaperSession
    from rustybt.results import Result

NOT_ON_PAPER: Final = frozenset(
    {"compat_report", "diagnostics", "zipline", "output", "plot", "progress", "data", *READING}
)


@click.command(
    short_help="Trade a strategy on paper.",
    params=[option for option in run_command.params if option.name not in NOT_ON_PAPER],
)
@click.option(
    "--feed",
    type=click.Choice(["replay", "recorded"]),
    default="replay",
    show_default=True,
    help="replay: the bundle's bars, by their stamps; recorded: as they came in the session of --recording.",
)
@click.option("--recording", type=click.Path(path_type=Path), default=None, help="The journal of another session.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=None,
    help="Seconds of the market per second; 86400 plays a day a second.  [default: no waiting]",
)
@click.option(
    "-j",
    "--journal",
    type=click.Path(path_type=Path, dir_okay=False),
    default=None,
    help="The session's journal.  [default: one for this strategy, data and options, among the user's data]",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), default=None, help="The folder to save the result to.")
def paper(
    algofile: Path,
    feed: str,
    recording: Path | None,
    speed: float | None,
    journal: Path | None,
    output: Path | None,
    **options: Any,
) -> None:
    """Trade the strategy in a file on paper, moment by moment, with a journal.

    The same command goes on with a session that was stopped or killed: what its journal has is gone through again at
    once, and compared. At the end the result is saved, as `rustybt run` does.
    """
    from rustybt.cli._tables import print_summary
    from rustybt.engine import beside, failure_of_strategy, load_strategy
    from rustybt.live import PaperSession

    source = _feed(feed, recording, speed)
    place = journal or _default_journal(algofile, options)
    try:
        with (
            beside(str(algofile)),
            PaperSession(place, source, **(given_arguments(options) | load_strategy(algofile))) as session,
        ):
            click.echo(f"journal: {place}")
            if session.journal.torn:
                click.echo("its last line was cut off, as of a session that was killed, and is taken off")
            if session.replaying:
                click.echo(f"going on after line {session.journal.length}")
            length = session.journal.length
            result = _told(session)
            ended = session.journal.length == length
    except KeyboardInterrupt:
        click.echo("\nstopped; the same command goes on from here", err=True)
        raise SystemExit(130) from None
    except RustyBTError:
        raise
    except Exception as error:  # noqa: BLE001  whatever a strategy raises is shown as its own
        click.echo(failure_of_strategy(error, str(algofile)), err=True)
        raise SystemExit(1) from None
    print_summary(result)
    if ended and output is None:
        click.echo("this session had ended, and its result was saved; -j FILE begins another, -o FOLDER saves again")
        return
    click.echo(f"saved to {result.save(output)}")


def _told(session: PaperSession) -> Result:
    """The result of a session whose closes are told as they come."""
    from rustybt.core import Phase

    while (moment := session.step()) is not None:
        if moment.phase is Phase.CLOSE and not session.replaying:
            click.echo(f"{moment.when:%Y-%m-%d %H:%M}  {session.context.portfolio.portfolio_value:,.2f}")
    return session.run()


def _feed(kind: str, recording: Path | None, speed: float | None) -> Feed:
    from rustybt.live import RecordedFeed, ReplayFeed, read_journal

    if (kind == "recorded") != (recording is not None):
        raise InputError(
            "--feed recorded and --recording JOURNAL go together: the journal of the session to play again."
        )
    if recording is None:
        return ReplayFeed(speed)
    return RecordedFeed(read_journal(recording), speed)


def _default_journal(algofile: Path, options: dict[str, Any]) -> Path:
    from rustybt.core import data_root

    text = json.dumps([str(algofile.resolve()), options], sort_keys=True, default=str)
    return data_root() / "paper" / f"{algofile.stem}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.journal"
