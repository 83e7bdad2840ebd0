#!/usr/bin/env python3
"""The lottery ticket hypothesis from Python: the search of first_ticket.c, and a picture of it.

  first_ticket.py DIRECTORY [ITERATIONS [LEVELS]]      DIRECTORY has MNIST's four files"""
import pathlib
import sys

import draw
import lottery

if len(sys.argv) < 2:
    sys.exit(__doc__)
iterations, levels = [int(number) for number in sys.argv[2:]] + [2000, 16][len(sys.argv) - 2:]


def load(name):
    files = [pathlib.Path(sys.argv[1], f"{name}-{part}-ubyte") for part in ("images-idx3", "labels-idx1")]
    return lottery.Dataset.idx(*(file if file.exists() else f"{file}.gz" for file in files))


def train():  # evaluates every 100 iterations; the iteration of least validation loss, and the test accuracy there
    seen = []
    while len(seen) < max(1, iterations // 100):
        trainer.run(100)
        seen.append((trainer.evaluate(validation).loss, trainer.iteration, 100 * trainer.evaluate(test).accuracy))
    return min(seen)[1:]


everything, test = load("train"), load("t10k")
training, validation = everything.split(len(everything) - len(everything) // 12, seed=1)
network = lottery.Network("lenet-300-100", seed=2)
trainer, pruner = lottery.Trainer(network, training, seed=3), lottery.Pruner(rate=0.2)
initial, mask = trainer.snapshot(), network.mask
tickets, controls = ([], []), ([], [])
print("level  weights left   ticket           reinitialised")
for level in range(levels):
    left = 100 * mask.density
    trainer.rewind(initial, mask)
    at, accuracy = train()
    line = f"{level:5}  {left:10.1f} %   {accuracy:5.2f} % at {at:5}"
    tickets[0].append(left), tickets[1].append(accuracy)
    mask = pruner.apply(network, mask)  # looks at the ticket's trained weights
    if level > 0:  # the control: same mask, same data, other initial weights
        trainer.reset()
        network.initialise(seed=1000 + level)
        at, accuracy = train()
        line += f"   {accuracy:5.2f} % at {at:5}"
        controls[0].append(left), controls[1].append(accuracy)
    print(line, flush=True)
draw.curves("first_ticket.png", {"ticket": tickets, "same mask, new weights": controls}, "weights left, %",
            "test accuracy, %")
