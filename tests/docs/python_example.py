#!/usr/bin/env python3
"""Runs examples/python/first_ticket.py on a small made-up image set and looks at what it prints.
   python_example.py SHARED_LIBRARY"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tiny_dataset

example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "python" / "first_ticket.py"
environment = {**os.environ, "LOTTERY_LIBRARY": sys.argv[1]}


def run(*arguments):
    return subprocess.run([sys.executable, example, *arguments], env=environment, text=True, capture_output=True)


with tempfile.TemporaryDirectory() as directory:
    tiny_dataset.write(directory)
    done = run(directory, "200", "3")
    print(done.stdout + done.stderr)
    line = re.compile(r"^ +(\d) +([\d.]+) % +([\d.]+) % at +\d+(?: +([\d.]+) % at +\d+)?$", re.MULTILINE)
    rows = [[float(cell) for cell in row if cell] for row in line.findall(done.stdout)]
    # Level, weights left, the ticket's accuracy and, after level 0, the control's. The set is easy to learn.
    assert done.returncode == 0 and not done.stderr, "the example fails or complains"
    assert [row[:2] for row in rows] == [[0, 100.0], [1, 80.0], [2, 64.1]], rows
    assert [len(row) for row in rows] == [3, 4, 4], rows
    assert all(accuracy > 90 for row in rows for accuracy in row[2:]), rows

    missing = run(os.path.join(directory, "nowhere"))
    assert missing.returncode != 0 and "LOTTERY_ERROR_FILE: images: cannot open" in missing.stderr, missing.stderr
