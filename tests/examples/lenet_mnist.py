#!/usr/bin/env python3
"""Runs examples/lenet_mnist on a small made-up image set: its command line, its files, that they do not depend on the
number of threads, what a signal leaves, its pictures, and that a stranger can build it.
   lenet_mnist.py PROGRAM BUILD_DIRECTORY"""
import csv
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

top = pathlib.Path(__file__).resolve().parents[2]
import noisy_dataset  # noqa: E402

program, build = sys.argv[1:3]
RESULTS = "trial,level,method,density,early_stop_iteration,early_stop_test_accuracy,final_test_accuracy,seconds"
HISTORY = "trial,level,method,control,iteration,validation_loss,test_accuracy"
SHORT = "--iterations 70 --eval-every 30 --learning-rate 0.003".split()
SMALL = [*SHORT, *"--levels 4 --trials 2 --reinit 2 --random-mask 1".split()]


def run(*arguments):
    return subprocess.run([program, *arguments], text=True, capture_output=True)


def read(out, name, header):
    lines = (out / name).read_text().splitlines()
    assert lines[0] == header, lines[0]
    return list(csv.DictReader(lines))


def study(out, *options):
    """Runs it; returns the rows of results.csv without their seconds and those of history.csv."""
    done = run("--data", str(data), "--out", str(out), *options)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    rows = read(out, "results.csv", RESULTS)
    assert all(float(row.pop("seconds")) > 0 for row in rows)
    return rows, read(out, "history.csv", HISTORY)


def of(rows, level, method="ticket"):
    return [row for row in rows if row["level"] == str(level) and row["method"] == method]


def check_command_line():
    done = run("--help")
    assert done.returncode == 0 and not done.stderr
    for name in ("data out iterations levels trials reinit random-mask eval-every threads seed optimiser learning-rate batch "
                 "rate one-shot rewind-to continue criterion history paper instruction-set resume any-instruction-set "
                 "checkpoint-every help").split():
        assert re.search(rf"^  --{name} ", done.stdout, re.MULTILINE), name
    folders = ["--data", str(data), "--out", str(work / "unused")]
    for arguments, said in [
            ([], "--data and --out are missing"), (folders[:2], "--out is missing"), (folders[2:], "--data is missing"),
            ([*folders, "--levels", "0"], "--levels 0: must be a whole number from 1 to 1000"),
            ([*folders, "--levels", "3x"], "--levels 3x: must be"), ([*folders, "--levels", ""], "--levels : must be"),
            ([*folders, "--seed", "99999999999999999999"], "--seed 99999999999999999999: must be"),
            ([*folders, "--rate", "1.5"], "--rate 1.5: must be a number from 0 to 1"),
            ([*folders, "--rate", "nan"], "--rate nan: must be"), ([*folders, "--levels"], "--levels needs a value"),
            ([*folders, "--optimiser", "best"], "--optimiser best: must be sgd | adam"),
            ([*folders, "--criterion", "2"], "--criterion 2: must be magnitude | random"),
            ([*folders, "--level", "2"], "no option --level;"), ([*folders, "--one-shot=1"], "no option --one-shot=1;"),
            ([*folders, "levels"], "no option levels;"),
            ([*folders, "--iterations=10", "--rewind-to=10"], "--rewind-to must be less than --iterations"),
            ([*folders, "--checkpoint-every", "-1"], "--checkpoint-every -1: must be a number from 0 to 1e+09"),
            ([*folders, "--any-instruction-set"], "--any-instruction-set is for --resume"),
            ([*folders, "--rewind-to", "9", "--continue"], "--rewind-to and --continue exclude each other")]:
        done = run(*arguments)
        assert done.returncode == 2 and said in done.stderr and not done.stdout, (arguments, done.stderr)
    assert not (work / "unused").exists()

    done = run("--data", str(work / "nowhere"), "--out", str(work / "unused"))
    assert done.returncode == 1 and "LOTTERY_ERROR_FILE: images: cannot open" in done.stderr, done.stderr
    (work / "a file").write_text("")
    done = run("--data", str(data), "--out", str(work / "a file" / "out"))
    assert done.returncode == 1 and "a file/out/settings.txt: Not a directory" in done.stderr, done.stderr


def check_files():
    rows, history = study(work / "one" / "deep", *SMALL, "--threads", "1")
    counts = {"ticket": 1, "reinit": 2, "random-mask": 1}
    expected = [(trial, level, method) for trial in range(2) for level in range(4) for method, count in counts.items()
                for _ in range(count) if level or method == "ticket"]
    assert [(int(row["trial"]), int(row["level"]), row["method"]) for row in rows] == expected, rows
    for row in rows:
        # A fifth of the first two layers and a tenth of the last: 1,000 of 266,200 weights.
        level = int(row["level"])
        density = (265200 * 0.8 ** level + 1000 * 0.9 ** level) / 266200
        assert abs(float(row["density"]) - density) < 1e-5, row

    at = 0
    for row in rows:
        mine = history[at:at + 3]
        at += 3
        assert all(entry[key] == row[key] for entry in mine for key in ("trial", "level", "method")), mine
        assert [entry["iteration"] for entry in mine] == ["30", "60", "70"], mine
        best = min(mine, key=lambda entry: float(entry["validation_loss"]))
        assert row["early_stop_iteration"] == best["iteration"], (row, mine)
        assert row["early_stop_test_accuracy"] == best["test_accuracy"], (row, mine)
        assert row["final_test_accuracy"] == mine[-1]["test_accuracy"], (row, mine)
    assert at == len(history)
    assert any(row["early_stop_test_accuracy"] != row["final_test_accuracy"] for row in rows), "the set is too easy"
    assert [entry["control"] for entry in of(history, 1, "reinit")[:6]] == list("000111")
    # Every network is another: no two have one course of losses.
    courses = {tuple(entry["validation_loss"] for entry in history[i:i + 3]) for i in range(0, at, 3)}
    assert len(courses) == len(rows)

    assert study(work / "two", *SMALL, "--threads", "2") == (rows, history), "depends on the threads"
    assert study(work / "three", *SMALL, "--threads", "3", "--history", "early-stop")[0] == rows
    with_tickets = study(work / "tickets", *SMALL, "--history", "tickets")
    assert with_tickets[0] == rows
    for entry, full in zip(with_tickets[1], history, strict=True):
        assert entry["test_accuracy"] == full["test_accuracy"] or (entry["method"] != "ticket" and not entry["test_accuracy"])
    assert study(work / "seed", *SMALL, "--seed", "2")[0] != rows
    names = sorted(path.name for path in (work / "two").iterdir())
    assert names == ["checkpoint", "history.csv", "results.csv", "settings.txt"], names
    settings = (work / "two" / "settings.txt").read_text()
    assert settings.startswith("liblottery ") and "\niterations 70\n" in settings and "\noptimiser adam\n" in settings
    return rows, history


def check_variants(rows, history):
    ticket = [*SHORT, "--levels", "3", "--trials", "1", "--reinit", "0"]
    first = [row for row in rows if row["trial"] == "0"]
    course = [entry for entry in history if entry["trial"] == "0"]

    one_shot, _ = study(work / "shot", *ticket, "--one-shot")
    assert one_shot[:2] == of(first, 0) + of(first, 1), "pruned once, both ways are the same"
    assert one_shot[2]["density"] == of(first, 2)[0]["density"] and one_shot[2] != of(first, 2)[0]

    late_rows, late = study(work / "late", *ticket, "--rewind-to", "40")
    assert of(late_rows, 0) == of(first, 0), "taking a snapshot changes nothing"
    assert [entry["iteration"] for entry in of(late, 1)] == ["60", "70"]

    _, continued = study(work / "continued", *ticket, "--continue")
    assert of(continued, 0) == of(course, 0)
    assert [entry["iteration"] for entry in of(continued, 2)] == ["30", "60", "70"]
    # It goes on from the trained weights: better from the first evaluation than what was rewound.
    assert float(of(continued, 2)[0]["validation_loss"]) < float(of(course, 2)[0]["validation_loss"])

    by_chance, _ = study(work / "chance", *ticket, "--criterion", "random")
    assert of(by_chance, 0) == of(first, 0) and of(by_chance, 2) != of(first, 2)
    assert of(by_chance, 2)[0]["density"] == of(first, 2)[0]["density"]
    sgd, _ = study(work / "sgd", *ticket[:4], "--levels", "3", "--optimiser", "sgd", "--batch", "20", "--rate", "0.5")
    assert abs(float(of(sgd, 1)[0]["density"]) - (0.5 * 265200 + 0.75 * 1000) / 266200) < 1e-5
    assert "\nlearning-rate 0.1\n" in (work / "sgd" / "settings.txt").read_text()


def check_signal(name, options, wanted_rows):
    """Stops it once `wanted_rows` networks are trained."""
    out = work / name
    arguments = [program, "--data", str(data), "--out", str(out), "--threads", "2", *options]
    with subprocess.Popen(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            limit = time.monotonic() + 120
            while not (out / "history.csv").exists() or (out / "results.csv").read_text().count("\n") < 1 + wanted_rows:
                assert process.poll() is None and time.monotonic() < limit, "it does not get so far"
                time.sleep(0.05)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130 and not errors and "\nStopped: " in output, (process.returncode, output, errors)
    rows, history = read(out, "results.csv", RESULTS), read(out, "history.csv", HISTORY)
    assert len(rows) >= wanted_rows and all(None not in row.values() for row in rows + history)
    keys = [(int(row["trial"]), int(row["level"])) for row in rows]
    assert keys == sorted(keys), "in order after a stop, too"
    networks = {(entry["trial"], entry["level"], entry["method"], entry["control"]) for entry in history}
    assert len(networks) == len(rows)
    return len(rows)


def check_pictures():
    if not shutil.which("gnuplot"):
        print("no gnuplot: pictures not checked")
        return
    names = ["early_stop_accuracy", "early_stop_iteration", "accuracy_by_iteration"]
    kinds = {"ticket", "same mask, new weights", "same weights, random mask"}
    for out, trials, shown in [(work / "two", "means of 2 trials", kinds), (work / "shot", "1 trial", {"ticket"})]:
        done = subprocess.run([top / "examples" / "plot.sh", out], text=True, capture_output=True)
        assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
        assert done.stdout.split("\n") == [f"{out}/{name}.png" for name in names] + [""], done.stdout
        for name in names:
            assert (out / f"{name}.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
            drawn = xml.etree.ElementTree.parse(out / f"{name}.svg").getroot()
            texts = [" ".join("".join(element.itertext()).split()) for element in drawn.iter() if element.tag.endswith("}text")]
            assert any(f"70 iterations of adam, {trials}" in text for text in texts), texts
            assert name == names[2] or kinds & set(texts) == shown, texts
    done = subprocess.run([top / "examples" / "plot.sh", work / "nowhere"], text=True, capture_output=True)
    assert done.returncode == 1 and "results.csv is missing" in done.stderr, done.stderr


def check_stranger():
    """The study's files compile alone against the installed library, found by pkg-config."""
    compiler, pkg_config = os.environ.get("CC", "cc"), shutil.which("pkg-config")
    if not pkg_config:
        print("no pkg-config: a stranger's build not checked")
        return
    prefix = work / "prefix"
    subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    libraries = next(prefix.rglob("liblottery.so")).parent
    environment = {**os.environ, "PKG_CONFIG_PATH": str(libraries / "pkgconfig"), "LD_LIBRARY_PATH": str(libraries)}
    flags = subprocess.run([pkg_config, "--cflags", "--libs", "lottery"], env=environment, text=True, capture_output=True,
                           check=True).stdout
    shutil.copytree(top / "examples", work / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    study = work / "examples" / "study"
    sources = [*sorted((study / "lenet_mnist").glob("*.c")), *sorted((study / "common").glob("*.c"))]
    own = work / "stranger"
    subprocess.run([*shlex.split(compiler), *sources, "-o", own, *shlex.split(flags), "-lm", "-pthread"], check=True)
    done = subprocess.run([own, "--help"], env=environment, text=True, capture_output=True)
    assert done.returncode == 0 and "--paper" in done.stdout, done.stderr


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    data = work / "data"
    noisy_dataset.write(data)
    check_command_line()
    check_variants(*check_files())
    # Few more than waited for: a row is in the file as soon as its network is trained.
    assert check_signal("stopped", ["--iterations", "100", "--trials", "500"], 4) < 60
    assert check_signal("at once", ["--iterations", "1000000000", "--trials", "2"], 0) == 0
    check_pictures()
    check_stranger()
