"""Networks to PyTorch and back: the same outputs and bits of weights, for chains and graphs, dense and packed."""
import copy
import pickle

import numpy as np
import torch
from support import Case, examples, lottery
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from lottery_torch import from_torch, to_torch


def inputs_of(count=40, features=6, seed=1):
    return np.random.default_rng(seed).normal(size=(count, features)).astype(np.float32)


def outputs_of(model, inputs):
    model.eval()
    with torch.no_grad():
        return model(torch.from_numpy(inputs)).numpy()


def graph(bias=True):
    """Two ways from the input, a sum of three, activations of every kind."""
    network = lottery.Network()
    x = network.input(6)
    first = network.dense(x, 16, bias=bias)
    hidden = network.tanh(first)
    second = network.sigmoid(network.dense(hidden, 16))
    third = network.dense(x, 16, bias=False)
    total = network.relu(network.add(network.add(hidden, second), third))
    network.finish(network.dense(network.add(total, hidden), 3))
    network.initialise(seed=1)
    return network


def images():
    network = lottery.Network()
    x = network.input(2, 3, 4)
    network.finish(network.dense(network.add(network.relu(network.dense(x, 24)), network.tanh(network.dense(x, 24))), 3))
    network.initialise(seed=2)
    return network


class Residual(nn.Module):
    """As people write them."""

    def __init__(self, bias=True):
        super().__init__()
        self.enter = nn.Sequential(nn.Flatten(), nn.Linear(24, 16, bias=bias), nn.ReLU(inplace=True))
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(16, 16), nn.Tanh(), nn.Dropout(0.5), nn.Linear(16, 16))
                                    for _ in range(2))
        self.shortcut = nn.Linear(24, 16, bias=False)
        self.leave = nn.Linear(16, 3)

    def forward(self, x):
        y = self.enter(x)
        y = torch.add(y, self.shortcut(x.view(x.size(0), -1)))
        for block in self.blocks:
            identity = y
            y = block(y)
            y += identity
            y = functional.relu(y)
        return self.leave(torch.flatten(y, 1)).reshape(x.shape[0], 3)


class Overwriting(nn.Module):
    """In place, so that what was read before has another value afterwards."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.act = nn.Linear(6, 6), nn.Linear(6, 6), nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.first(x)
        flat = y.flatten(1)
        functional.relu(y, True)
        z = self.second(flat)
        z.add_(flat)
        self.act(z)
        z.sigmoid_()
        return torch.add(input=z, other=torch.flatten(y, start_dim=1))


class Unused(nn.Module):
    """Calls and takes what does not matter, and dropout that does nothing."""

    def __init__(self):
        super().__init__()
        self.first, self.unused, self.second = nn.Linear(6, 8), nn.Linear(8, 5), nn.Linear(8, 3)

    def forward(self, x, more=None):
        y = functional.dropout(torch.relu(self.first(x)), 0.5, training=self.training)
        torch.tanh(self.unused(y))
        return self.second(functional.dropout(y, 0.5, self.training))


class Converted(Case):
    def same(self, network, model, inputs, masked=None):
        np.testing.assert_allclose(outputs_of(model, inputs), network.predict(inputs), atol=1e-5)
        for name, layer in model.named_modules():
            if isinstance(layer, nn.Linear) and masked is not None:
                kept = network.mask[f"{name}.weight"]
                self.assertEqual(prune.is_pruned(layer), masked and not kept.all())
                if prune.is_pruned(layer):
                    np.testing.assert_array_equal(layer.weight_mask.numpy() != 0, kept)

    def test_to_torch(self):
        presets = [lottery.Network(name, seed=1) for name in ("mlp-6-16-8-3", "mlp-6-3")]
        for network in (*presets, graph(), graph(bias=False)):
            chain = all(node.inputs == (number - 1,) for number, node in enumerate(network.nodes) if number)
            for density in (1, 0.5, 0.1):
                mask = lottery.Pruner(density=density).apply(network) if density < 1 else None
                for crossover in (0, 1):  # dense, packed
                    network.crossover, network.mask = crossover, mask
                    self.assertEqual(network.form("fc1.weight").form, "packed" if density < 1 and crossover else "dense")
                    model = to_torch(network)
                    self.assertEqual(isinstance(model, nn.Sequential), chain)
                    self.same(network, model, inputs_of(), masked=True)
                    plain = to_torch(network, mask=False)
                    self.same(network, plain, inputs_of(), masked=False)
                    self.assertEqual(sorted(plain.state_dict()), sorted(network))
                    for name, values in plain.state_dict().items():
                        np.testing.assert_array_equal(values.numpy(), network[name])

    def test_what_a_model_can(self):
        """Copied, pickled, given images, trained with its mask kept."""
        network = graph()
        network.mask = lottery.Pruner(density=0.3).apply(network)
        model = to_torch(network)
        for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            self.same(network, again, inputs_of(), masked=True)
        np.testing.assert_array_equal(outputs_of(model, inputs_of().reshape(40, 1, 2, 3)), outputs_of(model, inputs_of()))
        optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimiser.zero_grad()
            model(torch.from_numpy(inputs_of())).square().mean().backward()
            optimiser.step()
        back = from_torch(model)  # the weights after the last step, although no forward pass has seen them
        self.same(back, model, inputs_of())
        self.assertEqual(back.mask, network.mask)
        back.check_mask()
        self.assertTrue((back["fc1.weight"] != network["fc1.weight"]).any())

    def test_round_trip(self):
        for network in (lottery.Network("mlp-6-16-8-3", seed=1), graph(), graph(bias=False), images()):
            for density in (1, 0.4):
                if density < 1:
                    network.mask = lottery.Pruner(density=density).apply(network)
                model = to_torch(network)
                back = from_torch(model)
                self.assertEqual(list(back), list(network))
                self.assertEqual(back.mask, network.mask)
                for name in network:
                    self.assertEqual(back[name].tobytes(), network[name].tobytes())
                self.assertEqual([node[:2] for node in back.nodes], [node[:2] for node in network.nodes])
                again = to_torch(back).state_dict()
                self.assertEqual(list(again), list(model.state_dict()))
                for name, values in model.state_dict().items():
                    self.assertEqual(again[name].numpy().tobytes(), values.numpy().tobytes())

    def test_from_torch(self):
        torch.manual_seed(1)
        nested = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(6, 9, bias=False), nn.Identity(), nn.Tanh()),
                               nn.Dropout(0.5), nn.Sequential(nn.Sequential(nn.Linear(9, 7)), nn.Sigmoid()), nn.Linear(7, 3),
                               nn.ReLU())
        for model, shape, features in (
                (nested, None, (6,)), (Residual(), (1, 4, 6), (1, 4, 6)), (Residual(False), (24,), (24,)),
                (Overwriting(), None, (6,)), (Unused(), None, (6,)), (nn.Linear(6, 3), None, (6,)), (nn.Tanh(), 6, (6,)),
                (torch.fx.symbolic_trace(nested.eval()), None, (6,)),
                (nn.Sequential(nn.Flatten(1, 2), nn.Linear(6, 4)), (3, 2), (3, 2))):
            model.eval()
            inputs = np.random.default_rng(1).normal(size=(40, *features)).astype(np.float32)
            network = from_torch(model, shape)
            np.testing.assert_allclose(network.predict(inputs), outputs_of(model, inputs), atol=1e-5)
            linears = {id(layer): layer for layer in model.modules() if isinstance(layer, nn.Linear)}
            linears.pop(id(getattr(model, "unused", None)), None)
            self.assertEqual(len(linears), len(network.prunable))
            self.assertEqual(sum(layer.bias is not None for layer in linears.values()), len(network) - len(network.prunable))

    def test_masks_of_torch(self):
        torch.manual_seed(1)
        model = Residual().eval()
        prune.l1_unstructured(model.leave, "weight", amount=0.5)
        prune.random_unstructured(model.blocks[1][3], "weight", amount=0.25)
        prune.ln_structured(model.shortcut, "weight", amount=0.5, n=2, dim=0)
        network = from_torch(model, (24,))
        inputs = inputs_of(features=24)
        np.testing.assert_allclose(network.predict(inputs), outputs_of(model, inputs), atol=1e-5)
        counts = [network.mask.counts(name) for name in network.prunable]
        self.assertEqual(counts, [(384, 384), (192, 384), (256, 256), (256, 256), (256, 256), (192, 256), (24, 48)])
        self.assertEqual(network.mask.dead("fc2.weight").units, 8)

    def test_kinds_of_numbers(self):
        """Other floats become float32; a context may be given."""
        model = nn.Sequential(nn.Linear(6, 3)).double()
        network = from_torch(model, context=self.context)
        self.assertIs(network.context, self.context)
        np.testing.assert_array_equal(network["fc1.weight"], model[0].weight.detach().numpy().astype(np.float32))

    def test_refusals(self):
        class Forward(nn.Module):
            def __init__(self, forward, **modules):
                super().__init__()
                self.fc, self.call = nn.Linear(6, 6), forward
                self.scale = nn.Parameter(torch.ones(6))
                for name, module in modules.items():
                    self.add_module(name, module)

            def forward(self, x):
                return self.call(self, x)

        class Two(nn.Module):
            def __init__(self):
                super().__init__()
                self.fc = nn.Linear(6, 6)

            def forward(self, x, y):
                return self.fc(x) + y

        tied = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6))
        tied[1].weight = tied[0].weight
        normed = nn.Sequential(nn.Linear(6, 6), nn.utils.weight_norm(nn.Linear(6, 6)))
        spectral = nn.Sequential(nn.utils.spectral_norm(nn.Linear(6, 6)))
        without_bias = nn.Sequential(nn.Linear(6, 6))
        prune.random_unstructured(without_bias[0], "bias", amount=2)
        for model, words in (
                (nn.Sequential(nn.Linear(6, 6), nn.Sequential(nn.BatchNorm1d(6))), "1.0: BatchNorm1d has no counterpart; the"),
                (nn.Sequential(nn.Linear(6, 6), nn.LeakyReLU()), "1: LeakyReLU has no counterpart"),
                (nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5)).train(), "1: Dropout in training mode .*eval"),
                (Forward(lambda self, x: functional.dropout(self.fc(x))), "dropout: Dropout in training mode"),
                (Forward(lambda self, x: self.fc(x) * 2), "mul: mul has no counterpart"),
                (Forward(lambda self, x: self.fc(x) + 1), "add: is not the sum of two tensors"),
                (Forward(lambda self, x: self.fc(x) + self.scale), "scale: reads scale outside of a layer"),
                (Forward(lambda self, x: torch.add(self.fc(x), x, alpha=2)), "add: is not the sum of two tensors"),
                (Forward(lambda self, x: self.fc(x).softmax(1)), r"softmax: .softmax\(\) has no counterpart"),
                (Forward(lambda self, x: self.fc(self.fc(x))), "fc: shares weights with fc"),
                (tied, "1: shares weights with 0"),
                (Forward(lambda self, x: self.fc(x) if x.sum() > 0 else x), "Forward: torch.fx cannot trace it"),
                (Forward(lambda self, x: (self.fc(x), x)), "output: the model's result is not one tensor"),
                (Forward(lambda self, x: self.fc(x).flatten()), "flatten: flattens the batch, too"),
                (Forward(lambda self, x: self.fc(x).view(-1, 3)), "view: does not leave the batch"),
                (Forward(lambda self, x: self.fc(x).view(2, -1)), "view: does not leave the batch"),
                (Forward(lambda self, x: self.fc(x) + self.two(x), two=nn.Linear(6, 1)), "add: adds shapes"),
                (nn.Sequential(nn.Linear(6, 6), nn.Linear(5, 6)), r"1: reads examples of shape \(6,\), .* wants 5"),
                (normed, "1: has bias, weight_g, weight_v, and only"), (spectral, "0: has .*weight_u"),
                (without_bias, "0: has bias_mask, bias_orig"),
                (Two(), "y: is a second input"), (nn.Sequential(nn.Tanh()), "has no Linear.*pass example_shape")):
            with self.assertRaisesRegex(lottery.UnsupportedError, words):
                from_torch(model)
        with self.assertRaisesRegex(lottery.UnsupportedError, r"0: reads examples of shape \(1, 6\)"):
            from_torch(nn.Sequential(nn.Linear(6, 3)), (1, 6))
        broken = nn.Sequential(nn.Linear(6, 3))
        broken[0].weight.data[0, 0] = np.nan
        with self.assertRaises(lottery.NotFiniteError):
            from_torch(broken)
        with self.assertRaises(lottery.StateError):
            to_torch(lottery.Network())
