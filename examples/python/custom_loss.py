#!/usr/bin/env python3
"""A loss that the library lacks: the multi-class hinge max(0, 1 + max over j != y of z_j - z_y) (Crammer & Singer 2001),
through its gradient to the outputs. Any source of such a gradient will do, PyTorch's autograd included.

  custom_loss.py DIRECTORY [ITERATIONS]      DIRECTORY has MNIST's four files"""
import pathlib
import sys

import lottery
import numpy as np


def hinge(outputs, labels):
    """Mean loss and its gradient to the outputs [count, classes]."""
    rows = np.arange(len(labels))
    margins = outputs - outputs[rows, labels][:, None] + 1
    margins[rows, labels] = 0
    worst = margins.argmax(1)
    wrong = margins[rows, worst] > 0
    gradient = np.zeros_like(outputs)
    gradient[rows[wrong], worst[wrong]] = 1
    gradient[rows[wrong], labels[wrong]] -= 1
    return margins[rows, worst].mean(), gradient / len(labels)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, iterations = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    training, test = (lottery.Dataset.idx(*sorted(folder.glob(f"{name}-*-ubyte*"))) for name in ("train", "t10k"))
    inputs, labels = training.read()
    network = lottery.Network("lenet-300-100", seed=1)
    network.mask = lottery.Pruner(density=0.2).apply(network)
    trainer = lottery.Trainer(network)  # the batches are ours
    order = np.random.default_rng(2)
    for iteration in range(1, iterations + 1):
        batch = order.integers(0, len(labels), trainer.batch_size)
        loss, gradient = hinge(trainer.forward(inputs[batch]), labels[batch])
        trainer.backward(gradient)
        trainer.apply()
        if iteration % 100 == 0:
            print(f"iteration {iteration}: hinge loss {loss:.4f}, {100 * trainer.evaluate(test).accuracy:.2f} % right")


if __name__ == "__main__":
    main()
