"""What a step of the same training costs in PyTorch: the baseline that tests/compare.sh divides by.

    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python3 torch_step.py --data DIR [--rounds N] [--densities LIST]
                                                                    [--ladder] [--clock wall|processor]
                                                                    [--inputs pixels|normalised]

LeNet-300-100 on MNIST's four IDX files, batch 60, Adam 1.2e-3, one thread, in three forms:

    dense     nn.Module, autograd and torch.optim.Adam
    prune     the same under torch.nn.utils.prune: what a user of PyTorch prunes with
    masked    hand-tuned: no autograd, preallocated outputs, all parameters in one flat vector under one flat mask

The optimiser's loops over tensors (foreach=False) and its fused ones (foreach=True) are both measured, and the faster
one counts. Denormals are flushed to zero, as the library does. One line a measurement: form density microseconds.
"""

import argparse
import math
import os
import statistics
import sys
import time

# torch.set_num_threads does not bind OpenBLAS, which reads its limit when it is loaded. What slows it down goes.
for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy
import torch
from torch import nn
from torch.nn.utils import prune

SIZES = (784, 300, 100, 10)
BATCH = 60
RATE = 1.2e-3
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
LADDER = [0.8**level for level in range(21)]


def load(directory, part):
    def read(name, header):
        return numpy.fromfile(os.path.join(directory, name), dtype=numpy.uint8)[header:]

    images = read(f"{part}-images-idx3-ubyte", 16).reshape(-1, SIZES[0]).astype(numpy.float32) / 255
    labels = read(f"{part}-labels-idx1-ubyte", 8).astype(numpy.int64)
    return torch.from_numpy(images), torch.from_numpy(labels)


def loaded_blas():
    """The library whose sgemm PyTorch calls: it goes with the system's choice of libblas.so.3."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line or "mkl" in line or "blis" in line}
    return " ".join(sorted(files)) or "see torch.__config__"


def batches(count):
    """Indices of batches, a new permutation each epoch."""
    while True:
        order = torch.randperm(count)
        for first in range(0, count - BATCH + 1, BATCH):
            yield order[first : first + BATCH]


def output_density(density):
    """The density of the output layer, which is pruned at half the rate of the others."""
    return 0.9 ** (math.log(density) / math.log(0.8))


def make_model(density):
    torch.manual_seed(0)
    layers = []
    for inputs, units in zip(SIZES, SIZES[1:]):
        layer = nn.Linear(inputs, units)
        nn.init.xavier_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    if density < 1:
        linear = [layer for layer in model if isinstance(layer, nn.Linear)]
        for layer in linear:
            kept = output_density(density) if layer is linear[-1] else density
            prune.l1_unstructured(layer, "weight", amount=1 - kept)
    return model


class Idiomatic:
    """Autograd and torch.optim.Adam, pruned or not."""

    def __init__(self, data, density, foreach):
        self.images, self.labels = data
        self.model = make_model(density)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=RATE, foreach=foreach)
        self.loss = nn.CrossEntropyLoss()
        self.batches = batches(len(self.labels))

    def run(self, iterations):
        for _ in range(iterations):
            chosen = next(self.batches)
            self.optimiser.zero_grad(set_to_none=True)
            self.loss(self.model(self.images[chosen]), self.labels[chosen]).backward()
            self.optimiser.step()

    def evaluate(self, images, labels, size):
        """Loss and accuracy, `size` images at a time."""
        total, correct = 0.0, 0
        with torch.inference_mode():
            for first in range(0, len(labels), size):
                logits = self.model(images[first : first + size])
                truth = labels[first : first + size]
                total += self.loss(logits, truth).item() * len(truth)
                correct += (logits.argmax(1) == truth).sum().item()
        return total / len(labels), correct / len(labels)


class Masked:
    """No autograd: a flat vector of parameters, their gradient and the moments, under a flat mask."""

    def __init__(self, data, density):
        self.images, self.labels = data
        self.batches = batches(len(self.labels))
        self.masked = density < 1
        self.steps = 0
        shapes = []
        for inputs, units in zip(SIZES, SIZES[1:]):
            shapes += [(units, inputs), (units,)]
        count = sum(math.prod(shape) for shape in shapes)
        self.parameters, self.mask = torch.empty(count), torch.ones(count)
        self.gradient, self.first, self.second = torch.zeros(count), torch.zeros(count), torch.zeros(count)
        self.scratch = torch.empty(count)

        def views(flat):
            parts, offset = [], 0
            for shape in shapes:
                parts.append(flat[offset : offset + math.prod(shape)].view(shape))
                offset += math.prod(shape)
            return parts[0::2], parts[1::2]

        self.weights, self.biases = views(self.parameters)
        self.weight_gradients, self.bias_gradients = views(self.gradient)
        layers = [layer for layer in make_model(density) if isinstance(layer, nn.Linear)]
        with torch.no_grad():
            for i, layer in enumerate(layers):
                self.weights[i].copy_(layer.weight)
                self.biases[i].copy_(layer.bias)
                if self.masked:
                    views(self.mask)[0][i].copy_(layer.weight_mask)
        self.inputs = torch.empty(BATCH, SIZES[0])
        self.values = [torch.empty(BATCH, units) for units in SIZES[1:]]
        self.deltas = [torch.empty(BATCH, units) for units in SIZES[1:-1]]
        self.rows = torch.arange(BATCH)

    def make_gradient(self, labels):
        values, layers = self.inputs, len(self.weights)
        for i in range(layers):
            torch.addmm(self.biases[i], values, self.weights[i].t(), out=self.values[i])
            values = self.values[i]
            if i < layers - 1:
                values.relu_()
        delta = torch.softmax(values, 1)
        delta[self.rows, labels] -= 1
        delta *= 1.0 / BATCH
        for i in reversed(range(layers)):
            inputs = self.values[i - 1] if i > 0 else self.inputs
            torch.mm(delta.t(), inputs, out=self.weight_gradients[i])
            torch.sum(delta, 0, out=self.bias_gradients[i])
            if i > 0:
                below = self.deltas[i - 1]
                torch.mm(delta, self.weights[i], out=below)
                torch.ops.aten.threshold_backward.grad_input(below, inputs, 0, grad_input=below)
                delta = below

    def apply(self):
        self.steps += 1
        if self.masked:
            self.gradient.mul_(self.mask)
        self.first.lerp_(self.gradient, 1 - BETA1)
        self.second.mul_(BETA2).addcmul_(self.gradient, self.gradient, value=1 - BETA2)
        correction = math.sqrt(1 - BETA2**self.steps)
        torch.sqrt(self.second, out=self.scratch)
        self.scratch.add_(EPSILON * correction)
        self.parameters.addcdiv_(self.first, self.scratch, value=-RATE * correction / (1 - BETA1**self.steps))

    def run(self, iterations):
        with torch.no_grad():
            for _ in range(iterations):
                chosen = next(self.batches)
                torch.index_select(self.images, 0, chosen, out=self.inputs)
                self.make_gradient(self.labels[chosen])
                self.apply()


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=150, help="steps of a round")
    parser.add_argument("--densities", default="1,.513,.211,.101,.037,.012")
    parser.add_argument("--ladder", action="store_true", help="the sum over the 21 levels too")
    parser.add_argument("--clock", choices=("wall", "processor"), default="wall")
    parser.add_argument("--inputs", choices=("pixels", "normalised"), default="pixels",
                        help="normalised: mean 0 and deviation 1 over all pixels, so that none is 0")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    clock = time.process_time if arguments.clock == "processor" else time.perf_counter
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    training, test = load(arguments.data, "train"), load(arguments.data, "t10k")
    if arguments.inputs == "normalised":
        mean, deviation = training[0].mean(), training[0].std(unbiased=False)
        training, test = (((images - mean) / deviation, labels) for images, labels in (training, test))
    print(f"# PyTorch {torch.__version__}, 1 thread, BLAS: {loaded_blas()}, Python {sys.version.split()[0]}")

    densities = [float(density) for density in arguments.densities.split(",")]
    subjects, levels = {}, []
    for density in sorted(set(densities) | set(LADDER if arguments.ladder else []), reverse=True):
        form = "dense" if density == 1 else "prune"
        for foreach in (False, True):
            subjects[form, density, foreach] = Idiomatic(training, density, foreach)
        if density in densities:
            subjects["masked", density, None] = Masked(training, density)
        levels.append((form, density))
    for subject in subjects.values():
        subject.run(30)
    times = {key: [] for key in subjects}
    sizes = (len(test[1]), 1000)
    evaluations = {(key, size): [] for key in levels if key[1] in densities for size in sizes}
    for key, size in evaluations:
        subjects[(*key, False)].evaluate(*test, size)
    for _ in range(arguments.rounds):
        for key, subject in subjects.items():
            start = clock()
            subject.run(arguments.iterations)
            times[key].append((clock() - start) / arguments.iterations)
        for key, size in evaluations:
            start = clock()
            subjects[(*key, False)].evaluate(*test, size)
            evaluations[key, size].append(clock() - start)

    median = {key: 1e6 * statistics.median(values) for key, values in times.items()}
    best = {key: min(median[(*key, foreach)] for foreach in (False, True)) for key in levels}
    for form, density in levels:
        if density in densities:
            loops, fused = median[form, density, False], median[form, density, True]
            print(f"{form} {density:.3f} {best[form, density]:.1f} foreach False {loops:.1f} True {fused:.1f}")
    for density in densities:
        print(f"masked {density:.3f} {median['masked', density, None]:.1f}")
    for key in levels:
        if key[1] in densities:
            time_of = min(1e6 * statistics.median(evaluations[key, size]) for size in sizes)
            print(f"evaluate {key[1]:.3f} {time_of:.1f}")
    if arguments.ladder:
        print(f"ladder {len(LADDER)} {sum(best['dense' if d == 1 else 'prune', d] for d in LADDER):.1f}")


if __name__ == "__main__":
    main()
