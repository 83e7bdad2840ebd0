#!/usr/bin/env python3
"""Prints a study's results.csv as a table in Markdown: means over all networks of a kind, [least, greatest].

  summarise.py RESULTS.csv [METHOD]...      ticket, reinit and random-mask, where the file has them, if none is named
"""
import csv
import sys
from collections import defaultdict

TITLES = {"ticket": "ticket", "reinit": "same mask, new weights", "random-mask": "same weights, random mask"}


def spread(values, form):
    mean = sum(values) / len(values)
    if len(values) == 1:
        return form.format(mean)
    return f"{form.format(mean)} [{form.format(min(values))}, {form.format(max(values))}]"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    rows = defaultdict(list)
    with open(sys.argv[1], newline="", encoding="ascii") as file:
        for row in csv.DictReader(file):
            rows[row["method"], int(row["level"])].append(row)
    methods = sys.argv[2:] or [method for method in TITLES if any(key[0] == method for key in rows)]
    levels = sorted({level for method, level in rows if method in methods})
    print("| level | weights left | " + " | ".join(f"{TITLES[method]}, % | at iteration" for method in methods) +
          " | seconds a ticket |")
    print("|--:" * (3 + 2 * len(methods)) + "|")
    for level in levels:
        cells = [str(level), f"{100 * float(rows['ticket', level][0]['density']):.1f} %"]
        for method in methods:
            these = rows[method, level]
            cells.append(spread([100 * float(row["early_stop_test_accuracy"]) for row in these], "{:.2f}")
                         if these else "")
            cells.append(spread([float(row["early_stop_iteration"]) for row in these], "{:.0f}") if these else "")
        tickets = rows["ticket", level]
        cells.append(f"{sum(float(row['seconds']) for row in tickets) / len(tickets):.1f}")
        print("| " + " | ".join(cells) + " |")


main()
