"""Write the table of the tutorial: a shop's orders as they are known on some day.

Usage: python docs/tutorial/make_orders.py DAY > orders.csv

The orders begin on 2024-01-01 and go on to a week after DAY, as if they were placed already.
Whether one was returned is known for those placed before DAY. The numbers are made up, the same
ones on every machine.
"""

from __future__ import annotations

import csv
import random
import sys
from datetime import date, timedelta

START = date(2024, 1, 1)
PER_DAY, FIRST_ORDERS, DEAR = 120, 0.3, 90
REGIONS = {"north": 0.0, "south": 0.12, "east": 0.03, "west": -0.04}
HEADER = ["order_id", "placed", "region", "price_eur", "items", "first_order", "returned"]


def main(day: date) -> None:
    """Write the orders known on a day to the standard output."""
    table = csv.writer(sys.stdout, delimiter=";", lineterminator="\n")
    table.writerow(HEADER)
    draw = random.Random(7)  # noqa: S311 - made-up orders, not secrets
    number = 0
    for days in range((day - START).days + 7):
        placed = START + timedelta(days=days)
        for _ in range(PER_DAY):
            number += 1
            row, returned = order(number, placed, draw)
            table.writerow([*row, returned if placed < day else ""])


def order(number: int, placed: date, draw: random.Random) -> tuple[list[str], str]:
    """One order, and whether it was returned."""
    minute = draw.randrange(7 * 60, 23 * 60)
    clock = f"{minute // 60:02}:{minute % 60:02}"
    region = draw.choices(list(REGIONS), [4, 3, 2, 1])[0]
    price = round(draw.gammavariate(2, 35), 2)
    items, first = draw.randrange(1, 7), draw.random() < FIRST_ORDERS
    chance = 0.08 + REGIONS[region] + 0.35 * (price > DEAR) + 0.1 * first + 0.02 * (items - 1)
    row = [f"A{number:06}", f"{placed} {clock}", region, f"{price:.2f}".replace(".", ",")]
    return [*row, str(items), "yes" if first else "no"], "yes" if draw.random() < chance else "no"


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]))
