"""Runs ticket_price on a small made-up dataset: what it prints is complete, consistent and the same every time.

  ticket_price.py PROGRAM"""
import csv
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "docs"))
import tiny_dataset  # noqa: E402


SMALL = "200 2 20 60 200".split()


def run(*arguments):
    return subprocess.run([sys.argv[1], *arguments], capture_output=True, text=True, timeout=120, check=False)


def parse(output):
    table, means = output.split("\n\n", 1)
    return list(csv.DictReader(table.splitlines())), [line for line in means.splitlines() if "%" in line]


def main():
    with tempfile.TemporaryDirectory() as folder:
        tiny_dataset.write(folder)
        first, second = run(folder, *SMALL), run(folder, *SMALL)
        assert first.returncode == 0, first.stderr
        rows, means = parse(first.stdout)
        assert len(rows) == 2 * (1 + 3 * 3) and len(means) == 1 + 3 * 3, first.stdout
        kinds = [(row["search_iterations"], float(row["density"])) for row in rows[:10]]
        assert kinds == [("0", 1.0)] + [(k, d) for k in ("20", "60", "200") for d in (0.21, 0.10, 0.05)], kinds
        for row in rows:
            assert row["early_stop_iteration"] in ("100", "200") and 0.5 < float(row["early_stop_test_accuracy"]) <= 1
            assert float(row["price"]) > 0  # a ratio of times: on a busy machine a longer search may seem cheaper
        # The same accuracies every time; and the means are means.
        for name in ("early_stop_iteration", "early_stop_test_accuracy"):
            assert [row[name] for row in rows] == [row[name] for row in parse(second.stdout)[0]], name
        for i, line in enumerate(means):
            mean = sum(float(row["early_stop_test_accuracy"]) for row in rows[i::10]) / 2
            assert f" {100 * mean:.2f} %" in line or f" {100 * mean - 0.005:.2f} %" in line, (mean, line)

    wrong = run("/nonexistent")
    assert wrong.returncode == 1 and "nonexistent" in wrong.stderr, wrong.stderr
    for arguments in ((), ("x", "50"), ("x", "200", "0"), ("x", "200", "1", "0")):
        assert run(*arguments).returncode == 2, arguments
    print("ticket_price: as it should be")


main()
