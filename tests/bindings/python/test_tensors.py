"""Networks, masks and snapshots as mappings from names to arrays; datasets as sequences; building and searching."""
import numpy as np
from support import Case, examples, lottery, problem


class Tensors(Case):
    def test_network(self):
        network, _, _ = problem()
        self.assertEqual(network.shapes, {"fc1.weight": (8, 6), "fc1.bias": (8,), "fc2.weight": (3, 8), "fc2.bias": (3,)})
        self.assertEqual((list(network), len(network), "fc1.bias" in network, "fc9" in network),
                         (list(network.shapes), 4, True, False))
        state = dict(network)
        other = lottery.Network("mlp-6-8-3")
        self.assertFalse(other["fc1.weight"].any())
        other.load(state)
        other["fc1.bias"] = np.arange(8)
        for name in network:
            np.testing.assert_array_equal(other[name], np.arange(8) if name == "fc1.bias" else state[name])
        state["fc1.weight"][:] = 0  # a copy
        self.assertTrue(network["fc1.weight"].all())
        self.assertEqual(network.prunable, ["fc1.weight", "fc2.weight"])

    def test_built_by_hand(self):
        network = lottery.Network()
        image = network.input(2, 3, 1)
        hidden = network.tanh(network.dense(image, 4))
        deep = network.sigmoid(network.dense(network.relu(hidden), 4, bias=False))
        node = network.dense(network.add(hidden, deep), 2)
        self.assertEqual((network.node_shape(image), network.node_shape(node)), ((2, 3, 1), (2,)))
        self.assertEqual([network.node_bias(node), network.node_bias(1)], [True, True])
        network.finish(node)
        network.initialise(3, "kaiming_uniform")
        self.assertEqual((network.sizes, "fc2.bias" in network), ((6, 2), False))
        inputs = np.random.default_rng(1).normal(size=(70, 2, 3, 1)).astype(np.float32)
        value = {name: network[name] for name in network}
        hidden = np.tanh(inputs.reshape(70, 6) @ value["fc1.weight"].T + value["fc1.bias"])
        deep = 1 / (1 + np.exp(-np.maximum(hidden, 0) @ value["fc2.weight"].T))
        expected = (hidden + deep) @ value["fc3.weight"].T + value["fc3.bias"]
        np.testing.assert_allclose(network.predict(inputs), expected, atol=2e-6)

    def test_mask(self):
        network, _, _ = problem()
        ones = network.mask
        self.assertEqual((ones, ones.density, list(ones)), (lottery.Mask(network), 1, ["fc1.weight", "fc2.weight"]))
        chosen = np.abs(network["fc1.weight"]) > 0.3
        mask = lottery.Mask(network, {"fc1.weight": chosen})
        np.testing.assert_array_equal(mask["fc1.weight"], chosen)
        self.assertEqual(mask["fc1.weight"].dtype, np.bool_)
        self.assertEqual(mask.counts("fc1.weight"), (chosen.sum(), 48))
        self.assertEqual(mask.counts(), (chosen.sum() + 24, 72))
        self.assertEqual(mask, lottery.Mask(network, {"fc1.weight": chosen * 0.5}))
        self.assertEqual(hash(mask), hash(mask.replace({})))
        self.assertNotEqual(mask, ones)
        self.assertNotEqual(mask, 1)
        self.assertEqual((mask & ~mask).density, 0)
        self.assertEqual((mask | ~mask), ones)
        self.assertEqual(ones - mask, ~mask)
        self.assertEqual(ones.hamming(mask), 48 - chosen.sum())
        self.assertAlmostEqual(ones.jaccard(mask), mask.density)
        self.assertEqual(mask.shuffle(1).counts("fc1.weight"), mask.counts("fc1.weight"))
        self.assertNotEqual(mask.shuffle(1), mask)
        network.mask = {"fc1.weight": chosen}
        self.assertEqual(network.mask, mask)
        np.testing.assert_array_equal(network["fc1.weight"] != 0, chosen)
        network.mask = None
        self.assertEqual(network.mask, ones)

    def test_snapshot_and_rewind(self):
        network, trainer, _ = problem()
        start, before = trainer.snapshot(), dict(network)
        trainer.run(20)
        late = trainer.snapshot()
        self.assertEqual((late.iteration, late.contents, list(late)), (20, lottery.State.ALL, list(network)))
        np.testing.assert_array_equal(late["fc1.weight"], network["fc1.weight"])
        self.assertTrue((late.read("fc1.weight", "second") >= 0).all() and late.read("fc1.weight", "first").any())
        mask = lottery.Pruner(rate=0.5).apply(network)
        trainer.rewind(start, mask)
        self.assertEqual(trainer.iteration, 0)
        np.testing.assert_array_equal(network["fc1.weight"], before["fc1.weight"] * mask["fc1.weight"])
        trainer.rewind(late, what=lottery.State.WEIGHTS)
        np.testing.assert_array_equal(network["fc1.weight"], late["fc1.weight"] * mask["fc1.weight"])
        saved = network.snapshot()
        self.assertEqual(saved.contents, lottery.State.WEIGHTS)
        with self.assertRaisesRegex(lottery.StateError, "hold"):
            saved.read("fc1.weight", "first")
        trainer.run(5)
        trainer.reset()
        trainer.rewind(saved)  # all that it holds: the weights
        np.testing.assert_array_equal(network["fc1.weight"], saved["fc1.weight"])
        trainer.rewind(mask=network.mask.shuffle(1))
        network.check_mask()

    def test_scores(self):
        network, _, _ = problem()
        pruner, mask = lottery.Pruner(rate=0.5), None
        for _ in range(2):  # as arrays by name, as one flat array, of float64 too: the magnitude criterion's mask
            scores = {name: np.abs(network[name]) for name in reversed(network.prunable)}
            flat = np.concatenate([scores[name].ravel() for name in network.prunable])
            wanted = pruner.apply(network, mask)
            for given in (scores, flat, list(flat), flat.astype(np.float64)):
                self.assertEqual(pruner.apply(network, mask, given), wanted)
            mask = wanted
        kept = mask["fc1.weight"]
        self.assertEqual(pruner.apply(network, {"fc1.weight": kept}, flat), pruner.apply(network, {"fc1.weight": kept}))
        scores["fc1.weight"][~kept] = np.nan  # pruned: does not matter
        self.assertEqual(pruner.apply(network, mask, scores), pruner.apply(network, mask))
        scores["fc1.weight"][kept] = np.nan
        with self.assertRaisesRegex(lottery.NotFiniteError, "scores: fc1.weight element"):
            pruner.apply(network, mask, scores)
        for bad, words in (({"fc1.weight": scores["fc1.weight"]}, "scores: of fc1.weight, but the prunable tensors are"),
                           ({**scores, "fc1.bias": [0]}, "scores: of fc1.bias, fc1.weight"),
                           ({**scores, "fc1.weight": scores["fc1.weight"].T}, "scores of fc1.weight: shape"),
                           (flat[1:], "count: "), (flat.reshape(1, -1), "scores: shape"), (3.0, "count: 1")):
            with self.assertRaisesRegex(lottery.ShapeError, words):
                pruner.apply(network, mask, bad)

    def test_preview_and_form(self):
        network, _, _ = problem()
        pruner = lottery.Pruner(rate=0.5, scope="global")
        preview, mask = pruner.preview(network), pruner.apply(network)
        self.assertEqual({name: row.kept for name, row in preview.items()}, {name: mask.counts(name)[0] for name in mask})
        network.crossover = 1
        network.mask = mask
        self.assertEqual(network.form("fc1.weight").form, "packed")
        self.assertGreater(network.form("fc1.weight").bytes, 0)


class Datasets(Case):
    def test_sequence(self):
        inputs, labels = examples()
        data = lottery.Dataset(inputs, labels)
        self.assertEqual((len(data), data.shape, data.features, data.classes), (96, (6,), 6, 3))
        value, label = data[-1]
        np.testing.assert_array_equal(value, inputs[-1])
        self.assertEqual(label, labels[-1])
        self.assertEqual(len(list(data)), 96)
        for index in (slice(3, 40, 5), [5, 5, 1], labels == 1):
            part, part_labels = data[index].read()
            np.testing.assert_array_equal(part, inputs[index])
            np.testing.assert_array_equal(part_labels, labels[index])
        self.assertIsNone(lottery.Dataset(inputs)[0][1])

    def test_derived(self):
        inputs, labels = examples()
        data = lottery.Dataset(inputs, labels)
        first, second = data.split(30, seed=4)
        self.assertEqual((len(first), len(second)), (30, 66))
        mean, deviation = data.statistics()
        np.testing.assert_allclose([mean[0], deviation[0]], [inputs.mean(), inputs.std()], rtol=1e-5)
        normal = data.normalise(*data.statistics(6))
        np.testing.assert_allclose(normal.read()[0], (inputs - inputs.mean(0)) / inputs.std(0), atol=1e-5)
        np.testing.assert_array_equal(data.relabel([1, 1, 0]).read()[1], np.array([1, 1, 0])[labels])
        shuffled = data.shuffle_labels(5).read()[1]
        self.assertEqual(sorted(shuffled), sorted(labels))
        self.assertTrue((shuffled != labels).any())
        self.assertEqual(data.with_labels(labels, 5).classes, 5)

    def test_targets(self):
        inputs, labels = examples()
        data = lottery.Dataset(inputs, targets=np.eye(3)[labels])
        network = lottery.Network("mlp-6-8-3", seed=1)
        trainer = lottery.Trainer(network, data, loss="mean_squared_error")
        before = trainer.evaluate(data)
        trainer.run(200)
        after = trainer.evaluate(data)
        self.assertLess(after.loss, before.loss)
        expected = np.mean((network.predict(inputs) - np.eye(3)[labels]) ** 2)
        self.assertAlmostEqual(after.loss, float(expected), places=5)
        labelled = data.with_labels(labels)
        self.assertEqual(network.evaluate(labelled, "mean_squared_error").accuracy,
                         np.mean(network.predict(inputs).argmax(1) == labels))
