#!/usr/bin/env python3
"""Kills examples/lenet_mnist at random moments and resumes it: the files it ends with are those of a study that was never
interrupted, byte for byte in all but the seconds. What cannot be gone on with is refused, with a message.
   lenet_mnist_resume.py PROGRAM            a short study, killed a few times in each of several settings
   lenet_mnist_resume.py PROGRAM --slow     a longer one, killed twenty times"""
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import noisy_dataset

program, slow = sys.argv[1], "--slow" in sys.argv[2:]
source = random.Random()
SHORT = ("--iterations 70 --eval-every 30 --learning-rate 0.003 --levels 3 --trials 2 --reinit 1 --random-mask 1 "
         "--checkpoint-every 0.01").split()
BASE = [*SHORT, "--history", "early-stop"]


def command(out, options):
    return [program, "--data", str(data), "--out", str(out), *options]


def run(out, *options):
    return subprocess.run(command(out, options), text=True, capture_output=True)


def finish(out, *options):
    done = run(out, *options)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    return done.stdout


def results(out):
    """results.csv without its last column, the seconds; history.csv."""
    rows = (out / "results.csv").read_bytes().splitlines(keepends=True)
    return b"".join(row[:row.rindex(b",")] for row in rows), (out / "history.csv").read_bytes()


def refused(out, said, *options, code=1):
    """It ends with a message, and what it would have replaced is as it was."""
    before = {path: path.read_bytes() for path in sorted(out.glob("*.*"))} if said.startswith("--resume") else None
    done = run(out, *options)
    assert done.returncode == code and said in done.stderr, (done.returncode, said, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr
    assert before is None or before == {path: path.read_bytes() for path in sorted(out.glob("*.*"))}


def check_killed(name, kills, *options):
    start = time.monotonic()
    finish(work / f"{name}-whole", *options, "--threads", "2")
    mean = (time.monotonic() - start) / (1.6 * kills)
    out, killed, runs = work / name, 0, 0
    while killed < kills:
        runs += 1
        assert runs < 20 * kills, "it is never killed in time"
        threads = str(source.randint(1, 3))
        with subprocess.Popen(command(out, [*options, "--resume", "--threads", threads]), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                _, errors = process.communicate(timeout=source.uniform(0.01, 2 * mean))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL) and not errors, (process.returncode, errors)
        if process.returncode == 0:
            # It came to its end sooner than thought, maybe just before the signal: once more from the beginning.
            subprocess.run(["rm", "-r", str(out)], check=True)
            killed = 0
        else:
            killed += 1
    # Every file that is there is whole.
    finish(out, *options, "--resume")
    assert results(out) == results(work / f"{name}-whole"), f"{name}: not what the uninterrupted study found"
    assert not list((out / "checkpoint").glob(".*")), "what was half-written is gone"
    print(f"{name}: killed {killed} times in {runs} runs")


def check_stopped():
    """Ctrl-C leaves a checkpoint, however long the next would take."""
    options = [*SHORT, "--checkpoint-every", "1000", "--iterations", "300", "--trials", "1", "--levels", "2"]
    finish(work / "stopped-whole", *options)
    out = work / "stopped"
    for _ in range(2):
        with subprocess.Popen(command(out, [*options, "--resume", "--threads", "1"]), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        assert process.returncode in (0, 130) and not errors, (process.returncode, errors)
    assert list((out / "checkpoint").glob("trial-0-level-*"))
    finish(out, *options, "--resume")
    assert results(out) == results(work / "stopped-whole")


def check_finished():
    """Nothing is left to do: the same files, the seconds too, and the settings that it ran with last."""
    out = work / "base"
    before = (out / "results.csv").read_bytes()
    start = time.monotonic()
    finish(out, *BASE, "--resume", "--threads", "1")
    assert (out / "results.csv").read_bytes() == before and time.monotonic() - start < 20
    assert "\nthreads 1\n" in (out / "settings.txt").read_text()


def check_settings():
    out = work / "base"
    settings = out / "settings.txt"
    refused(out, f"--resume: {settings} says levels 3, now it is 5", *BASE, "--levels", "5", "--resume")
    refused(out, f"--resume: {settings} says learning-rate 0.003, now it is 0.00300000001", *BASE, "--learning-rate",
            "0.00300000001", "--resume")
    refused(out, f"--resume: {settings} says one-shot no, now it is yes", *BASE, "--one-shot", "--resume")
    text = settings.read_text()
    settings.write_text(text.replace("images ", "images 1"))
    refused(out, f"--resume: {settings} says images 1", *BASE, "--resume")
    settings.write_text(text.replace("seed ", "seeds "))
    refused(out, "says seed nothing, now it is 1", *BASE, "--resume")
    settings.write_text(text)
    # Without --resume it is another study, and nothing of the old one is left.
    other = [*SHORT, "--levels", "2", "--trials", "1", "--reinit", "0"]
    finish(out, *other)
    assert len(list((out / "checkpoint").iterdir())) == 3, "two tickets and a control"


def check_instruction_sets():
    out = work / "sets"
    options = [*SHORT, "--trials", "1"]
    finish(out, *options, "--instruction-set", "portable")
    (out / "checkpoint" / "trial-0-level-2-ticket-0.safetensors").unlink()
    finish(out, *options, "--instruction-set", "portable", "--resume")
    if "\ninstruction-set portable\n" in (work / "stopped" / "settings.txt").read_text():
        print("the machine has one instruction set")
        return
    refused(out, "says instruction-set portable, now it is ", *options, "--resume")
    finish(out, *options, "--resume", "--any-instruction-set")


def check_damage():
    """Of a network in training and of a finished one: cut short, of another kind, with bytes changed, empty."""
    options = [*SHORT, "--levels", "2", "--trials", "1", "--iterations", "1000000", "--threads", "1"]
    out = work / "damage"
    with subprocess.Popen(command(out, options), stdout=subprocess.DEVNULL) as process:
        path = out / "checkpoint" / "trial-0-level-0-ticket-0.safetensors"
        while not path.exists():
            time.sleep(0.02)
        process.kill()
    whole = path.read_bytes()
    header = int.from_bytes(whole[:8], "little")
    said = f"{path}: LOTTERY_ERROR_"
    for content in (b"", whole[:5], whole[:header], whole[:-1], whole + b"x", b"x" * len(whole),
                    whole.replace(b"lottery.trainer", b"lottery.Trainer"), whole.replace(b"dense", b"thick"),
                    whole.replace(b'"outcome"', b'"outcame"'), whole.replace(b'"history"', b'"mystery"')):
        path.write_bytes(content)
        refused(out, said, *options, "--resume")
    for _ in range(40 if slow else 10):
        at = source.randrange(8 + header)
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << source.randrange(8)]) + whole[at + 1:])
        with subprocess.Popen(command(out, [*options, "--resume"]), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            try:
                output, errors = process.communicate(timeout=0.3)
                assert process.returncode == 1 and said in errors, (at, process.returncode, errors)
            except subprocess.TimeoutExpired:  # a change that leaves a file in order, such as of a version's text
                process.kill()
                process.communicate()


with tempfile.TemporaryDirectory() as directory:
    work = pathlib.Path(directory)
    data = work / "data"
    noisy_dataset.write(data)
    if slow:
        check_killed("long", 20, *SHORT, "--iterations", "600", "--levels", "6", "--checkpoint-every", "0.05", "--history",
                     "tickets")
    check_killed("base", 4, *BASE)
    check_killed("one-shot", 2, *SHORT, "--trials", "1", "--one-shot", "--rewind-to", "40")
    check_killed("continued", 2, *SHORT, "--trials", "1", "--continue", "--optimiser", "sgd", "--history", "tickets")
    check_stopped()
    check_finished()
    check_settings()
    check_instruction_sets()
    check_damage()
