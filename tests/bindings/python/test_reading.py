"""What goes in comes out again: graphs, targets, batches, dead units, gradients and optimiser state, read and written."""
import ctypes

import numpy as np
from support import Case, examples, lottery, problem, weights


class Graphs(Case):
    def test_nodes(self):
        network = lottery.Network()
        self.assertEqual(network.nodes, [])
        x = network.input(2, 3, 4)
        first = network.dense(x, 5)
        middle = network.tanh(first)
        partly = [("input", (), (2, 3, 4), {}, ()), ("dense", (0,), (5,), {"units": 5, "bias": True}, ()),
                  ("tanh", (1,), (5,), {}, ())]
        self.assertEqual(network.nodes, partly)
        with self.assertRaisesRegex(lottery.StateError, "finish"):
            network.output
        second = network.dense(middle, 5, bias=False)
        total = network.add(middle, second)
        output = network.sigmoid(network.relu(total))
        network.finish(output)
        self.assertEqual((network.output, len(network.nodes)), (output, 7))
        self.assertEqual(network.nodes[:3], [partly[0], partly[1][:4] + (("fc1.weight", "fc1.bias"),), partly[2]])
        self.assertEqual(network.nodes[3:], [("dense", (middle,), (5,), {"units": 5, "bias": False}, ("fc2.weight",)),
                                             ("add", (middle, second), (5,), {}, ()), ("relu", (total,), (5,), {}, ()),
                                             ("sigmoid", (total + 1,), (5,), {}, ())])
        self.assertEqual(network.nodes[1].attributes["units"], 5)

    def test_built_again(self):
        """The list is enough to build the network again."""
        network = lottery.Network("mlp-6-8-3", seed=1)
        again = lottery.Network()
        for kind, inputs, shape, attributes, _ in network.nodes:
            getattr(again, kind)(*(inputs or shape), **attributes)
        again.finish(network.output)
        again.load(network)
        np.testing.assert_array_equal(again.predict(examples()[0]), network.predict(examples()[0]))


class Data(Case):
    def test_targets(self):
        inputs, labels = examples()
        targets = np.random.default_rng(1).normal(size=(96, 2)).astype(np.float32)
        data = lottery.Dataset(inputs, labels, targets=targets)
        self.assertEqual((data.target_width, data.classes), (2, 3))
        np.testing.assert_array_equal(data.targets, targets)
        np.testing.assert_array_equal(data.read_targets(90), targets[90:])
        np.testing.assert_array_equal(data[[5, 2]].read_targets(1, 1), targets[2:3])
        self.assertEqual(data.read_targets(4, 0).shape, (0, 2))
        for first, count in ((90, 7), (-1, 2), (0, 97)):
            with self.assertRaisesRegex(lottery.ArgumentError, "first, count: .* 96 examples"):
                data.read_targets(first, count)
        plain = lottery.Dataset(inputs, labels)
        self.assertEqual((plain.targets, plain.target_width, plain.read_targets(0, 1)), (None, 0, None))
        self.assertEqual(len(data.read()), 2)

    def test_loss_of_targets(self):
        """Targets without labels are for mean squared error."""
        inputs, labels = examples()
        network, aims = lottery.Network("mlp-6-8-3", seed=1), np.eye(3)[labels]
        for options, loss in (({"targets": aims}, "mean_squared_error"), ({"labels": labels}, "cross_entropy"),
                              ({"labels": labels, "targets": aims}, "cross_entropy")):
            self.assertEqual(lottery.Trainer(network, lottery.Dataset(inputs, **options)).loss, loss)
        trainer = lottery.Trainer(network, lottery.Dataset(inputs, targets=aims))
        trainer.run(1)
        self.assertGreater(trainer.last_loss, 0)
        with self.assertRaisesRegex(lottery.ShapeError, "targets"):
            lottery.Trainer(network, lottery.Dataset(inputs, targets=inputs))

    def test_batches(self):
        network, trainer, data = problem(batch_size=20)
        self.assertEqual(trainer.epoch_batches, 5)
        batches = [trainer.batch(ahead) for ahead in range(10)]
        self.assertEqual([len(batch) for batch in batches], [20, 20, 20, 20, 16] * 2)
        for epoch in (batches[:5], batches[5:]):
            np.testing.assert_array_equal(np.sort(np.concatenate(epoch)), np.arange(96))
        self.assertTrue((batches[0] != batches[5]).any())
        other, stepping, _ = problem(batch_size=20)
        for batch in batches:
            np.testing.assert_array_equal(trainer.batch(), batch)
            trainer.run(1)
            inputs, labels = data[batch].read()
            stepping.step(inputs, labels)
        np.testing.assert_array_equal(weights(network), weights(other))
        for wrong in (-1, 2 ** 60):
            with self.assertRaisesRegex(lottery.ArgumentError, "ahead: "):
                trainer.batch(wrong)
        without = lottery.Trainer(network)
        for attempt in (lambda: without.epoch_batches, without.batch):
            with self.assertRaisesRegex(lottery.StateError, "without a dataset"):
                attempt()


class Masks(Case):
    def test_dead(self):
        network = problem()[0]
        kept = np.ones((8, 6), bool)
        kept[[1, 4, 6]], kept[:, 2] = False, False
        mask = lottery.Mask(network, {"fc1.weight": kept})
        self.assertEqual((mask.dead("fc1.weight"), mask.dead("fc2.weight")), ((3, 1), (0, 0)))
        self.assertEqual((mask.dead("fc1.weight").units, mask.dead("fc1.weight").inputs), (3, 1))
        with self.assertRaises(KeyError):
            mask.dead("fc1.bias")


class Gradients(Case):
    def test_written_by_name(self):
        """The gradient of one half of the batch, plus that of the other, is twice that of the whole."""
        inputs, labels = examples(16)
        network, trainer, _ = problem()
        other, whole, _ = problem()
        for one in (network, other):
            one.mask = lottery.Pruner(density=0.5).apply(one)
        trainer.gradient(inputs[:8], labels[:8])
        first = trainer.gradients()
        trainer.gradient(inputs[8:], labels[8:])
        for name, gradient in trainer.gradients().items():
            trainer.set_gradient(name, (gradient + first[name]) / 2 + (0 if name not in network.mask else ~network.mask[name]))
        whole.gradient(inputs, labels)
        for name, gradient in whole.gradients().items():
            np.testing.assert_allclose(trainer.gradients()[name], gradient, atol=1e-7)
        trainer.apply()
        whole.apply()
        np.testing.assert_allclose(weights(network), weights(other), atol=1e-6)
        network.check_mask()
        trainer.gradient()
        with self.assertRaises(KeyError):
            trainer.set_gradient("fc9.bias", np.zeros(8))
        with self.assertRaisesRegex(lottery.ShapeError, r"fc1.bias: shape \(3,\), expected \(8,\)"):
            trainer.set_gradient("fc1.bias", np.zeros(3))

    def test_to_the_inputs(self):
        network, trainer, _ = problem()
        inputs, weight = examples(16)[0], np.random.default_rng(1).normal(size=(16, 3)).astype(np.float32)
        trainer.forward(inputs.reshape(16, 2, 3))
        found = trainer.backward(weight, inputs=True)
        self.assertEqual(found.shape, (16, 6))
        hidden = inputs @ network["fc1.weight"].T + network["fc1.bias"] > 0
        np.testing.assert_allclose(found, weight @ network["fc2.weight"] * hidden @ network["fc1.weight"], atol=1e-6)
        gradient = trainer.packed_gradient
        trainer.forward(inputs)
        self.assertIsNone(trainer.backward(weight))
        np.testing.assert_array_equal(trainer.packed_gradient, gradient)


class State(Case):
    def test_carried_to_another_trainer(self):
        """Weights, optimiser state, count of steps and batches are all that a training is."""
        for options in ({}, {"optimiser": "sgd", "momentum": 0.9}, {"optimiser": "sgd"}):
            for density in (1, 0.3):
                network, trainer, data = problem(**options)
                network.crossover = 1
                if density < 1:
                    network.mask = lottery.Pruner(density=density, output_factor=1).apply(network)
                trainer.run(7)
                twin = network.copy()
                again = lottery.Trainer(twin, batch_size=16, learning_rate=0.01, **options)
                again.optimiser_steps = trainer.optimiser_steps
                self.assertEqual(again.optimiser_steps, 7)
                for name, slots in trainer.optimiser_state.items():
                    again.optimiser_state[name] = slots
                for _ in range(5):
                    again.step(*data[trainer.batch()].read())
                    trainer.run(1)
                np.testing.assert_array_equal(weights(twin), weights(network))

    def test_slots(self):
        network, trainer, _ = problem()
        network.mask = lottery.Pruner(density=0.5).apply(network)
        state = trainer.optimiser_state
        self.assertEqual((list(state), len(state), trainer.optimiser_steps), (list(network), 4, 0))
        self.assertEqual([list(slots) for slots in state.values()], [["first", "second"]] * 4)
        self.assertFalse(any(array.any() for slots in state.values() for array in slots.values()))
        trainer.run(3)
        snapshot = trainer.snapshot()
        for name in network:
            for slot in ("first", "second"):
                np.testing.assert_array_equal(state[name][slot], snapshot.read(name, slot))
        state["fc1.weight"] = {"first": np.ones((8, 6))}
        np.testing.assert_array_equal(state["fc1.weight"]["first"], network.mask["fc1.weight"])
        np.testing.assert_array_equal(state["fc1.weight"]["second"], snapshot.read("fc1.weight", "second"))
        before = state["fc1.bias"]
        good, bad = np.arange(8), np.full(8, -1)
        for slots, error, words in (({"first": good, "second": bad}, lottery.ArgumentError, "below 0"),
                                    ({"first": good, "second": bad * np.nan}, lottery.NotFiniteError, "values"),
                                    ({"first": good, "second": bad[:3]}, lottery.ShapeError, "expected"),
                                    ({"first": good, "third": good}, lottery.ArgumentError, "has first, second, not third")):
            with self.assertRaisesRegex(error, words):
                state["fc1.bias"] = slots
            for slot in before:
                np.testing.assert_array_equal(state["fc1.bias"][slot], before[slot])
        trainer.optimiser = "sgd"
        self.assertEqual(state["fc1.bias"], {})
        with self.assertRaisesRegex(lottery.ArgumentError, "fc1.bias: the optimiser has no state, not first"):
            state["fc1.bias"] = {"first": good}
        trainer.momentum = 0.5
        self.assertEqual(list(state["fc1.bias"]), ["first"])
        with self.assertRaises(KeyError):
            state["fc9.bias"]
        with self.assertRaisesRegex(lottery.ArgumentError, "steps: -1 is outside"):
            trainer.optimiser_steps = -1


class Progress(Case):
    def test_snapshot_in_progress(self):
        """A progress callback may take a snapshot, and training goes on from there with the same bits."""
        network, trainer, _ = problem(progress_interval=10)
        taken = []
        trainer.run(30, lambda *_: taken.append(trainer.snapshot()))
        in_c = lottery.raw.lottery_progress(lambda *_: taken.append(trainer.snapshot()) or 0)
        self.assertEqual(lottery.raw.lottery_trainer_run(trainer._pointer, 20, ctypes.cast(in_c, ctypes.c_void_p), None,
                                                         None), 0)
        self.assertEqual([snapshot.iteration for snapshot in taken], [10, 20, 30, 40, 50])
        expected = weights(network)
        for snapshot in taken:
            trainer.rewind(snapshot)
            trainer.run(50 - snapshot.iteration)
            np.testing.assert_array_equal(weights(network), expected)
