#!/usr/bin/env python3
"""A winning ticket found and plotted in 25 lines.      ticket.py DIRECTORY [ITERATIONS [LEVELS]]   (of MNIST's files)"""
import pathlib
import sys

import draw
import lottery

folder = pathlib.Path(sys.argv[1] if sys.argv[1:] else sys.exit(__doc__))
iterations, levels = [int(number) for number in sys.argv[2:]] + [1000, 12][len(sys.argv) - 2:]
training, test = (lottery.Dataset.idx(*sorted(folder.glob(f"{name}-*-ubyte*"))) for name in ("train", "t10k"))
network = lottery.Network("lenet-300-100", seed=1)
trainer = lottery.Trainer(network, training, seed=2, learning_rate=0.0012)
pruner = lottery.Pruner(rate=0.2)
initial, mask = trainer.snapshot(), network.mask
densities, accuracies = [], []
for level in range(levels):
    trainer.rewind(initial, mask)
    trainer.run(iterations)
    densities.append(100 * mask.density)
    accuracies.append(100 * trainer.evaluate(test).accuracy)
    print(f"{densities[-1]:6.2f} % of the weights: {accuracies[-1]:.2f} % right", flush=True)
    mask = pruner.apply(network, mask)
draw.curves("ticket.png", {"ticket": (densities, accuracies)}, "weights left, %", "test accuracy, %")
