"""`rustybt brokers`: the fee schedules that come along, their rates, and how those are known."""

from __future__ import annotations

import click

from rustybt.cli._tables import print_table


@click.group(invoke_without_command=True)
@click.pass_context
def brokers(ctx: click.Context) -> None:
    """Fees of brokers and venues: which there are, and what each takes."""
    if ctx.invoked_subcommand is None:
        list_brokers()


def list_brokers() -> None:
    """Prints the names, titles, and how many rows of each were verified."""
    from rustybt.execution.commission import broker
    from rustybt.execution.commission import brokers as names

    rows = []
    for name in names():
        schedule = broker(name)
        known = [rates for charge in schedule.charges for rates in charge.rows]
        rows.append((name, schedule.title, f"{sum(rates.verified for rates in known)} of {len(known)}"))
    print_table(("name", "fees", "rows verified"), zip(*rows, strict=True))
    click.echo('`rustybt brokers show NAME` shows the rates; in a strategy: set_commission(broker("NAME")).')


@brokers.command()
@click.argument("name")
def show(name: str) -> None:
    """Show what one takes. NAME is a name of `rustybt brokers`, or the path of a TOML file of your own."""
    from rustybt.execution.commission import broker

    schedule = broker(name)
    click.echo(click.style(schedule.title, bold=True))
    click.echo(schedule.about)
    for charge in schedule.told():
        click.echo(f"\n{charge.headline}")
        print_table(charge.columns, zip(*charge.rows, strict=True))
        for note in charge.notes:
            click.echo(f"note  {note}")
