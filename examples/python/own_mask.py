#!/usr/bin/env python3
"""Compares your own mask with magnitude and chance at equal density. The mask is made before training: it keeps the
weights of largest |weight * gradient|, the saliency of SNIP (Lee et al., ICLR 2019).

  own_mask.py DIRECTORY [ITERATIONS [DENSITY]]      DIRECTORY has MNIST's four files"""
import pathlib
import sys

import lottery
import numpy as np


def by_saliency(trainer, inputs, labels, density):
    """The mask of the weights that matter most to the loss on these examples, over all layers."""
    network, options = trainer.network, trainer.batch_size
    trainer.batch_size = len(labels)
    trainer.gradient(inputs, labels)
    trainer.batch_size = options
    gradients = trainer.gradients()
    saliency = {name: np.abs(network[name] * gradients[name]) for name in network.prunable}
    everything = np.concatenate([values.ravel() for values in saliency.values()])
    least = np.partition(everything, -round(density * everything.size))[-round(density * everything.size)]
    return lottery.Mask(network, {name: values >= least for name, values in saliency.items()})


def main():
    folder = pathlib.Path(sys.argv[1] if sys.argv[1:] else sys.exit(__doc__))
    iterations, density = int((sys.argv[2:] + ["1000"])[0]), float((sys.argv[3:] + ["0.02"])[0])
    training, test = (lottery.Dataset.idx(*sorted(folder.glob(f"{name}-*-ubyte*"))) for name in ("train", "t10k"))
    network = lottery.Network("lenet-300-100", seed=1)
    trainer = lottery.Trainer(network, training, seed=2)
    initial = trainer.snapshot()
    masks = {"saliency": by_saliency(trainer, *training.read(0, 1000), density)}
    for criterion in ("magnitude", "random"):
        masks[criterion] = lottery.Pruner(criterion=criterion, scope="global", output_factor=1, density=density).apply(network)
    for name, mask in masks.items():
        trainer.rewind(initial, mask)
        trainer.run(iterations)
        print(f"{name:10} {100 * mask.density:.2f} % of the weights: {100 * trainer.evaluate(test).accuracy:.2f} % right; "
              f"in common with saliency {100 * (mask & masks['saliency']).counts()[0] / mask.counts()[0]:.1f} %")


if __name__ == "__main__":
    main()
