"""Writes the pages of docs/brokers from the files of fees in the package: python tools/broker_pages.py."""

from __future__ import annotations

from pathlib import Path

from rustybt.execution.commission import FeeSchedule, broker, brokers

FOLDER = Path(__file__).parent.parent / "docs" / "brokers"
HOW = """# Fees of brokers and venues

What `set_commission(broker("NAME"))` charges, with the source of each rate, the day that the source is of, and whether
it was read in the broker's or the authority's own words.
[Model my broker](../guides/trading_costs.md#model-my-broker) says how to use them, and how to write a file of your
own. These pages are made of the files in the package by `python tools/broker_pages.py`.

| name | fees | rows verified |
|---|---|---|
"""


def pages() -> dict[Path, str]:
    """The text of each page."""
    schedules = {name: broker(name) for name in brokers()}
    index = HOW
    for name, schedule in schedules.items():
        rows = [rates for charge in schedule.charges for rates in charge.rows]
        index += f"| [{name}]({name}.md) | {schedule.title} | {sum(one.verified for one in rows)} of {len(rows)} |\n"
    return {FOLDER / "README.md": index} | {FOLDER / f"{name}.md": page(one) for name, one in schedules.items()}


def page(schedule: FeeSchedule) -> str:
    """The page of a schedule."""
    text = f"# {schedule.title}\n\n`{schedule.name}`. {schedule.about}\n"
    if schedule.currency is not None:
        text += f"\nSums are in {schedule.currency}: assets in another currency are refused.\n"
    for charge in schedule.told():
        text += f"\n## {charge.headline}\n\n"
        text += f"| {' | '.join(charge.columns)} |\n|{'---|' * len(charge.columns)}\n"
        text += "".join(f"| {' | '.join(row)} |\n" for row in charge.rows)
        text += "".join(f"\n{note}\n" for note in charge.notes)
    return text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
