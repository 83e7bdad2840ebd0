#!/usr/bin/env python3
"""Moves a ticket, weights and mask, to PyTorch, compares the outputs, trains it there, and moves it back.

  to_torch.py DIRECTORY [ITERATIONS]      DIRECTORY has MNIST's four files"""
import collections
import pathlib
import sys

import lottery
import numpy as np
import torch
from torch import nn
from torch.nn.utils import prune


def to_torch(network):
    """A model of fully connected layers with ReLU between; PyTorch's pruning module keeps its pruned weights at 0."""
    layers = collections.OrderedDict()
    mask, names = network.mask, network.prunable
    for name in names:
        units, inputs = network.shapes[name]
        layers[name.split(".")[0]] = nn.Linear(inputs, units, bias=name.replace("weight", "bias") in network)
        if name != names[-1]:
            layers[f"relu{len(layers)}"] = nn.ReLU()
    model = nn.Sequential(layers)
    model.load_state_dict({name: torch.from_numpy(values) for name, values in network.items()})
    for name, kept in mask.items():
        prune.custom_from_mask(getattr(model, name.split(".")[0]), "weight", torch.from_numpy(kept))
    return model


def from_torch(model, network):
    """Writes the model's weights and masks into a network of the same layers."""
    layers = {name: layer for name, layer in model.named_children() if isinstance(layer, nn.Linear)}
    network.mask = {f"{name}.weight": layer.weight_mask for name, layer in layers.items()}
    network.load({f"{name}.{part}": getattr(layer, part).detach() for name, layer in layers.items()
                  for part in ("weight", "bias")})


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

    inputs, labels = (torch.from_numpy(values) for values in test.read(0, 200))
    inputs = inputs.flatten(1)
    model = to_torch(network)
    with torch.no_grad():
        difference = np.abs(model(inputs).numpy() - network.predict(inputs)).max()
    print(f"moved to PyTorch: outputs differ by at most {difference:.1e}, as sums in another order do")

    optimiser = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(20):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), labels.long())
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        outputs = model(inputs).numpy()
    mask = network.mask
    from_torch(model, network)
    network.check_mask(mask)
    difference = np.abs(outputs - network.predict(inputs)).max()
    print(f"moved back after 20 steps: outputs differ by at most {difference:.1e}; the mask is "
          f"{'the same' if network.mask == mask else 'another'}, {100 * mask.density:.1f} % of the weights")


if __name__ == "__main__":
    main()
