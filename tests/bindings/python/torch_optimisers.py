"""A training that PyTorch began goes on in the library, and the other way round, as if nothing had happened.

The measure is PyTorch in float64, uninterrupted. Weights of the training that changed hands may be as far from it as twice
those of PyTorch in float32, uninterrupted, and 1e-7 more. Where a state or an option is left behind, they are a thousand
times that far and more."""
import copy
import functools

import numpy as np
import torch
from support import Case, lottery
from torch import nn
from torch.nn.utils import prune

from lottery_torch import from_torch, optimiser_from_torch, optimiser_to_torch, to_torch

FIRST, SECOND = 25, 25  # steps on either side


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.enter, self.inner, self.leave = nn.Linear(10, 12), nn.Linear(12, 12, bias=False), nn.Linear(12, 4)

    def forward(self, x):
        y = torch.tanh(self.enter(x))
        return self.leave(y + torch.sigmoid(self.inner(y)))


def batches(count=FIRST + SECOND):
    source = np.random.default_rng(3)
    centres = source.normal(size=(4, 10))
    for _ in range(count):
        labels = source.integers(0, 4, 32)
        yield (centres[labels] + source.normal(size=(32, 10))).astype(np.float32), labels


def model_of(masked):
    torch.manual_seed(2)
    model = Block()
    if masked:
        prune.random_unstructured(model.enter, "weight", amount=0.7)
        prune.random_unstructured(model.inner, "weight", amount=0.5)
        for layer in (model.enter, model.inner):
            layer.weight_orig.data *= layer.weight_mask
    return model


def groups_of(model, decay, biases):
    """Biases decay only if asked to."""
    named = dict(model.named_parameters())
    if biases or not decay:
        return [{"params": list(named.values()), "weight_decay": decay}]
    return [{"params": [one for name, one in named.items() if "weight" in name], "weight_decay": decay},
            {"params": [one for name, one in named.items() if "bias" in name], "weight_decay": 0.0}]


def train_torch(model, optimiser, data):
    kind = next(model.parameters()).dtype
    for inputs, labels in data:
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(torch.from_numpy(inputs).to(kind)), torch.from_numpy(labels)).backward()
        optimiser.step()


def train_here(trainer, data):
    for inputs, labels in data:
        trainer.step(inputs, labels)


def values_of(model):
    """Weights and biases as float64, in the library's order; what a mask prunes is 0."""
    return np.concatenate([one.detach().double().numpy().ravel() for layer in (model.enter, model.inner, model.leave)
                           for one in (layer.weight_orig * layer.weight_mask if prune.is_pruned(layer) else layer.weight,
                                       layer.bias) if one is not None])


def values_here(network):
    return np.concatenate([network[name].ravel() for name in network]).astype(np.float64)


class Adam:
    kind, options = torch.optim.Adam, {"lr": 0.01, "betas": (0.8, 0.99), "eps": 1e-6}


class Momentum:
    kind, options = torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}


class Nesterov:
    kind, options = torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}


class Plain:
    kind, options = torch.optim.SGD, {"lr": 0.1}


CASES = [(how, masked, crossover, decay, biases)
         for how in (Adam, Momentum, Nesterov, Plain) for masked, crossover in ((False, 0), (True, 0), (True, 1))
         for decay, biases in ((0.0, False), (0.02, False), (0.02, True))]


@functools.lru_cache(None)
def uninterrupted(how, masked, decay, biases, kind):
    model = model_of(masked).to(kind)
    optimiser = how.kind(groups_of(model, decay, biases), **how.options)
    train_torch(model, optimiser, batches())
    return values_of(model)


class Continued(Case):
    def judge(self, case, found):
        how, masked, _, decay, biases = case
        exact = uninterrupted(how, masked, decay, biases, torch.float64)
        allowed = 2 * np.abs(uninterrupted(how, masked, decay, biases, torch.float32) - exact).max() + 1e-7
        self.assertLess(allowed, 2e-6)
        self.assertLess(np.abs(found - exact).max(), allowed, case)

    def test_begun_in_torch(self):
        for case in CASES:
            how, masked, crossover, decay, biases = case
            model, data = model_of(masked), list(batches())
            optimiser = how.kind(groups_of(model, decay, biases), **how.options)
            train_torch(model, optimiser, data[:FIRST])
            network = from_torch(model)
            network.crossover = crossover
            trainer = lottery.Trainer(network)
            optimiser_from_torch(optimiser, model, trainer)
            self.assertEqual(network.form("fc1.weight").form, "packed" if crossover and masked else "dense")
            train_here(trainer, data[FIRST:])
            self.judge(case, values_here(network))
            network.check_mask()

    def test_begun_here(self):
        for case in CASES:
            how, masked, crossover, decay, biases = case
            start, data = model_of(masked), list(batches())
            network = from_torch(start)
            network.crossover = crossover
            trainer = lottery.Trainer(network)
            optimiser_from_torch(how.kind(groups_of(start, decay, biases), **how.options), start, trainer)  # its options
            train_here(trainer, data[:FIRST])
            again = to_torch(network)
            optimiser = optimiser_to_torch(trainer, again)
            self.assertIs(type(optimiser), how.kind)
            train_torch(again, optimiser, data[FIRST:])
            self.judge(case, values_here(from_torch(again)))

    def test_round_trip(self):
        """Options and state come back with the same bits, and the same again through state_dict."""
        for case in CASES:
            how, masked, _, decay, biases = case
            model = model_of(masked)
            optimiser = how.kind(groups_of(model, decay, biases), **how.options)
            train_torch(model, optimiser, batches(5))
            trainer = lottery.Trainer(from_torch(model))
            optimiser_from_torch(optimiser, model, trainer)
            again = optimiser_to_torch(trainer, model)
            for group, other in zip(optimiser.param_groups, again.param_groups):
                for key in ("lr", "betas", "eps", "weight_decay", "momentum", "nesterov"):
                    self.assertEqual(group.get(key), other.get(key), key)
            for parameter, state in optimiser.state.items():
                other = again.state.get(parameter, {})
                for key, value in state.items():
                    if value is not None:
                        self.assertTrue(torch.equal(torch.as_tensor(value), torch.as_tensor(other[key])), key)
            with torch.no_grad():
                model(torch.ones(1, 10))  # PyTorch copies no pruned model whose last pass was for training
            twin = copy.deepcopy(model)
            copied = how.kind(groups_of(twin, decay, biases), **how.options)
            copied.load_state_dict(again.state_dict())
            train_torch(model, again, batches(3))
            train_torch(twin, copied, batches(3))
            np.testing.assert_array_equal(values_of(model), values_of(twin))

    def test_fresh_optimisers(self):
        """What has not made a step has no state, on either side."""
        model = model_of(False)
        trainer = lottery.Trainer(from_torch(model))
        trainer.step(*next(batches()))
        optimiser_from_torch(torch.optim.Adam(model.parameters(), lr=0.5), model, trainer)
        self.assertEqual((trainer.optimiser_steps, trainer.learning_rate), (0, 0.5))
        self.assertFalse(any(array.any() for slots in trainer.optimiser_state.values() for array in slots.values()))
        self.assertEqual(len(optimiser_to_torch(trainer, model).state), 0)
        trainer.set(warmup=4, milestones=[9])
        self.assertEqual(optimiser_to_torch(trainer, model).param_groups[0]["lr"], 0.25)  # iteration 1 of 4

    def test_shape_of_examples(self):
        """Also the optimiser of a model that looks at the sizes of its input."""
        model, shape = nn.Sequential(nn.Flatten(1, 2), nn.Linear(6, 4)), (3, 2)
        network = from_torch(model, shape)
        trainer, optimiser = lottery.Trainer(network), torch.optim.SGD(model.parameters(), lr=0.5)
        with self.assertRaisesRegex(lottery.UnsupportedError, "1: reads examples"):
            optimiser_from_torch(optimiser, model, trainer)
        optimiser_from_torch(optimiser, model, trainer, shape)
        self.assertEqual(optimiser_to_torch(trainer, model, shape).param_groups[0]["lr"], 0.5)

    def test_refusals(self):
        model = model_of(False)
        parameters, trainer = list(model.parameters()), lottery.Trainer(from_torch(model))
        trained = torch.optim.Adam(parameters)
        train_torch(model, trained, batches(1))
        trained.state[parameters[0]]["step"] += 1
        frozen = model_of(False)
        frozen.inner.weight.requires_grad = False
        adam, sgd = torch.optim.Adam, torch.optim.SGD
        for optimiser, of, words in (
                (torch.optim.Adagrad(parameters), model, "Adagrad: the library has Adam and SGD"),
                (adam(parameters, amsgrad=True), model, "amsgrad: the library's adam"),
                (sgd(parameters, 0.1, maximize=True), model, "maximize: the library's sgd"),
                (sgd(parameters, 0.1, momentum=0.9, dampening=0.5), model, "dampening: the library's sgd"),
                (torch.optim.AdamW(parameters), model, "weight_decay: AdamW"),
                (adam(parameters[:-1]), model, "fc3.bias: the optimiser does not train it"),
                (adam(frozen.parameters()), frozen, "fc2.weight: the optimiser does not train it"),
                (adam([{"params": parameters[:1], "lr": 0.1}, {"params": parameters[1:]}]), model, "lr: 0.001 and 0.1, but"),
                (adam([{"params": parameters[:1], "weight_decay": 0.1}, {"params": parameters[1:]}]), model,
                 "weight_decay: 0 and 0.1, but"),
                (adam([{"params": parameters[1::3], "weight_decay": 0.1}, {"params": parameters[::3] + parameters[2::3]}]),
                 model, "weight_decay"), (trained, model, "step: 1 and 2, but")):
            with self.assertRaisesRegex(lottery.UnsupportedError, words):
                optimiser_from_torch(optimiser, of, trainer)
        self.assertEqual((trainer.optimiser_steps, trainer.learning_rate), (0, lottery.Trainer(trainer.network).learning_rate))
        other = lottery.Trainer(lottery.Network("mlp-10-12-4", seed=1))
        for attempt in (lambda: optimiser_from_torch(adam(parameters), model, other), lambda: optimiser_to_torch(other, model)):
            with self.assertRaisesRegex(lottery.ShapeError, "are not the network's"):
                attempt()
        optimiser_from_torch(torch.optim.AdamW(parameters, weight_decay=0), model, trainer)
        self.assertEqual(trainer.optimiser, "adam")
