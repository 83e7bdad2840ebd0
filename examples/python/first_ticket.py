#!/usr/bin/env python3
"""The lottery ticket hypothesis through ctypes: what first_ticket.c does, with Python's standard library alone.

  first_ticket.py DIRECTORY [ITERATIONS [LEVELS]]

The library is $LOTTERY_LIBRARY, or the one in the tree's folder build/, or the one that the system's loader finds."""
import ctypes
import os
import pathlib
import sys
from ctypes import byref, c_char_p as S, c_double as D, c_int32 as I, c_int64 as L, c_uint64 as U, c_void_p as P

built = pathlib.Path(__file__).resolve().parents[2] / "build" / "liblottery.so"
library = ctypes.CDLL(os.environ.get("LOTTERY_LIBRARY") or (str(built) if built.exists() else "liblottery.so.0"))
OPTIMISER, POSITION, ALL, GLOROT_NORMAL = 4, 8, 15, 0  # LOTTERY_STATE_… and LOTTERY_INITIALISE_… of lottery.h
ARGUMENTS = {  # without its types a call would pass every integer as a C int
    "context_create": [P], "context_describe": [P, S, L, P], "context_message": [P, S, L, P], "status_name": [I],
    "dataset_load_idx": [P, S, S, P], "dataset_split": [P, L, U, P, P], "dataset_sizes": [P, P, P, P],
    "network_preset": [P, S, P], "network_initialise": [P, I, U], "mask_ones": [P, P], "mask_kept": [P, L, P, P],
    "trainer_create": [P, P, U, P], "trainer_run": [P, L, P, P, P], "trainer_evaluate": [P, P, P, P],
    "trainer_snapshot": [P, I, P], "trainer_rewind": [P, P, P, I], "trainer_reset": [P, I],
    "pruner_create": [P, P], "pruner_apply": [P, P, P, P]}
for name, types in ARGUMENTS.items():
    getattr(library, "lottery_" + name).argtypes = types
library.lottery_status_name.restype = S


class Handle:
    """Owns one handle; the collector may destroy handles in any order."""

    def __init__(self, kind):
        self._as_parameter_ = P()  # what ctypes passes
        self.destroy = getattr(library, f"lottery_{kind}_destroy")

    def __del__(self):
        self.destroy(self._as_parameter_)


def call(name, *arguments, outs=()):
    """Calls lottery_<name>; outs are the handles and numbers that its last parameters point to."""
    targets = [byref(out._as_parameter_ if isinstance(out, Handle) else out) for out in outs]
    status = getattr(library, "lottery_" + name)(*arguments, *targets)
    if status < 0:
        text = ctypes.create_string_buffer(1024)
        library.lottery_context_message(context, text, len(text), None)
        raise RuntimeError(library.lottery_status_name(status).decode() + ": " + text.value.decode())
    return outs[0] if len(outs) == 1 else outs


def new(kind, name, *arguments):
    return call(name, *arguments, outs=(Handle(kind),))


def load(directory, name):
    ending = "" if (directory / f"{name}-images-idx3-ubyte").exists() else ".gz"
    paths = [os.fsencode(directory / f"{name}-{part}-ubyte{ending}") for part in ("images-idx3", "labels-idx1")]
    return new("dataset", "dataset_load_idx", context, *paths)


def train(trainer, iterations, validation, test):
    """The iteration of least validation loss, looked at every 100 iterations, and the test accuracy there."""
    best, least = (0, 0.0), float("inf")
    for iteration in range(100, iterations + 1, 100):
        call("trainer_run", trainer, 100, None, None, None)
        loss, _ = call("trainer_evaluate", trainer, validation, outs=(D(), L()))
        if loss.value < least:
            least, (_, correct) = loss.value, call("trainer_evaluate", trainer, test, outs=(D(), L()))
            best = iteration, correct.value / call("dataset_sizes", test, outs=(L(), L(), L()))[0].value
    return best


if len(sys.argv) < 2:
    sys.exit(f"usage: {sys.argv[0]} DIRECTORY [ITERATIONS [LEVELS]]")
directory = pathlib.Path(sys.argv[1])
iterations = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
levels = int(sys.argv[3]) if len(sys.argv) > 3 else 16
context = Handle("context")
call("context_create", outs=(context,))
backend = ctypes.create_string_buffer(256)
call("context_describe", context, backend, len(backend), None)
print(backend.value.decode() + "\n")

everything, test = load(directory, "train"), load(directory, "t10k")
count = call("dataset_sizes", everything, outs=(L(), L(), L()))[0].value
parts = call("dataset_split", everything, count - count // 12, 1, outs=(Handle("dataset"), Handle("dataset")))
training, validation = parts  # of MNIST 55,000 and 5,000
network = new("network", "network_preset", context, b"lenet-300-100")
call("network_initialise", network, GLOROT_NORMAL, 2)
trainer = new("trainer", "trainer_create", network, training, 3)
pruner = new("pruner", "pruner_create", context)
initial = new("snapshot", "trainer_snapshot", trainer, ALL)
mask = new("mask", "mask_ones", network)

print(f"Test accuracy at the iteration of least validation loss, {iterations} iterations a level:\n")
print("level  weights left   ticket           reinitialised")
for level in range(levels):
    kept, total = call("mask_kept", mask, -1, outs=(L(), L()))
    call("trainer_rewind", trainer, initial, mask, ALL)
    at, accuracy = train(trainer, iterations, validation, test)
    line = f"{level:5}  {100 * kept.value / total.value:10.1f} %   {100 * accuracy:5.2f} % at {at:5}"
    mask = new("mask", "pruner_apply", pruner, network, mask)  # looks at the ticket's trained weights
    if level > 0:  # the control: same mask, same data, other initial weights
        call("trainer_reset", trainer, OPTIMISER | POSITION)
        call("network_initialise", network, GLOROT_NORMAL, 1000 + level)
        at, accuracy = train(trainer, iterations, validation, test)
        line += f"   {100 * accuracy:5.2f} % at {at:5}"
    print(line, flush=True)
