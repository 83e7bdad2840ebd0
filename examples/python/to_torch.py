#!/usr/bin/env python3
"""Moves a ticket with its mask and its optimiser to PyTorch, trains it there, and moves it back.

  to_torch.py DIRECTORY [ITERATIONS]      DIRECTORY has MNIST's four files"""
import pathlib
import sys

import lottery
import numpy as np
import torch
from lottery_torch import from_torch, optimiser_from_torch, optimiser_to_torch, to_torch
from torch.nn.functional import cross_entropy


def difference(model, network, inputs):
    with torch.no_grad():
        return np.abs(model(inputs).numpy() - network.predict(inputs)).max()


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, iterations = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    training, test = (lottery.Dataset.idx(*sorted(folder.glob(f"{name}-*-ubyte*"))) for name in ("train", "t10k"))
    network = lottery.Network("lenet-300-100", seed=1)
    trainer = lottery.Trainer(network, training, seed=2)
    initial = trainer.snapshot()
    trainer.run(iterations)
    trainer.rewind(initial, lottery.Pruner(density=0.1).apply(network))
    trainer.run(iterations)

    model = to_torch(network)
    optimiser = optimiser_to_torch(trainer, model)
    inputs = torch.from_numpy(test.read(0, 200)[0])
    print(f"moved to PyTorch: outputs differ by at most {difference(model, network, inputs):.1e}, "
          "as sums in another order do")
    for ahead in range(20):  # the batches that the trainer would take
        images, labels = map(torch.from_numpy, training[trainer.batch(ahead)].read())
        optimiser.zero_grad()
        cross_entropy(model(images), labels.long()).backward()
        optimiser.step()

    again = from_torch(model)
    continued = lottery.Trainer(again, training, seed=2)
    optimiser_from_torch(optimiser, model, continued)
    print(f"moved back after 20 steps: outputs differ by at most {difference(model, again, inputs):.1e}; the mask is "
          f"{'the same' if again.mask == network.mask else 'another'}, {100 * again.mask.density:.1f} % of the weights")
    trainer.run(20)
    apart = max(np.abs(again[name] - network[name]).max() for name in network)
    print(f"weights differ by at most {apart:.1e} from 20 steps here; Adam is at step {continued.optimiser_steps}")


if __name__ == "__main__":
    main()
