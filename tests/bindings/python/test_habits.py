"""What people expect from other libraries: what bytes mean, single examples, copies, threads, words in errors."""
import copy
import errno
import pathlib
import pickle
import tempfile
import threading
import unittest.mock
import warnings

import numpy as np
from support import Case, examples, lottery, problem, weights


def pixels(count=16, seed=3):
    source = np.random.default_rng(seed)
    return source.integers(0, 256, (count, 6)).astype(np.uint8), source.integers(0, 3, count).astype(np.int32)


class Bytes(Case):
    """uint8 is 0 to 255, divided by 255, wherever inputs go in; every other type is plain numbers."""

    def test_every_way_in(self):
        bytes_in, labels = pixels()
        inputs = lottery.Dataset(bytes_in).read()[0]
        np.testing.assert_array_equal(inputs, bytes_in.astype(np.float32) * np.float32(1 / 255))
        ways = (lambda network, trainer, batch, **more: network.predict(batch, **more),
                lambda network, trainer, batch, **more: trainer.forward(batch, **more),
                lambda network, trainer, batch, **more: trainer.step(batch, labels, **more),
                lambda network, trainer, batch, **more: (trainer.gradient(batch, labels, **more), trainer.packed_gradient)[1])
        plain = bytes_in.astype(np.float32)
        for given, more, same in ((bytes_in, {}, inputs), (bytes_in, {"scale": 1}, plain),
                                  (bytes_in.astype(np.int64), {}, plain), (bytes_in > 99, {}, (bytes_in > 99) * np.float32(1)),
                                  (bytes_in, {"scale": 0.5}, plain * np.float32(0.5))):
            np.testing.assert_array_equal(lottery.Dataset(given, **more).read()[0], same)
            for way in ways:
                results = []
                for batch, options in ((given, more), (same, {})):
                    network, trainer, _ = problem()
                    results.append((way(network, trainer, batch, **options), weights(network)))
                for found, expected in zip(*results):
                    np.testing.assert_array_equal(found, expected)

    def test_run_and_step_agree(self):
        """To the last bits: run reads the bytes itself."""
        bytes_in, labels = pixels()
        data = lottery.Dataset(bytes_in, labels)
        network = lottery.Network("mlp-6-8-3", seed=1)
        trainer = lottery.Trainer(network, data, batch_size=16, learning_rate=0.01)
        other = lottery.Network("mlp-6-8-3", seed=1)
        stepping = lottery.Trainer(other, batch_size=16, learning_rate=0.01)
        for _ in range(5):
            trainer.run(1)
            stepping.step(bytes_in, labels)
        np.testing.assert_allclose(weights(other), weights(network), atol=1e-5)
        self.assertAlmostEqual(network.evaluate(data).accuracy, np.mean(network.predict(bytes_in).argmax(1) == labels))

    def test_ones_are_doubted(self):
        """Binary features as bytes would become 0.0039."""
        network, trainer, _ = problem()
        ones = np.eye(6, dtype=np.uint8)
        for attempt in (lambda: lottery.Dataset(ones), lambda: network.predict(ones), lambda: trainer.forward(ones),
                        lambda: trainer.step(ones, [0] * 6)):
            with self.assertWarnsRegex(lottery.ScaleWarning, "Pass scale=1") as caught:
                attempt()
            self.assertEqual(caught.filename, __file__)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            self.assertEqual(lottery.Dataset(ones, scale=1).read()[0].max(), 1)
            self.assertEqual(lottery.Dataset(ones.astype(bool)).read()[0].max(), 1)
            network.predict(ones, scale=1)
            network.predict(ones * 2)
            network.predict(ones * 0)


class Sizes(Case):
    def test_predict(self):
        network, _, data = problem()
        inputs = data.read()[0]
        batch = network.predict(inputs)
        np.testing.assert_array_equal(network.predict(data), batch)
        np.testing.assert_allclose(network.predict(inputs[3]), batch[3], atol=1e-6)
        self.assertEqual(network.predict(inputs[3]).shape, (3,))
        self.assertEqual(network.predict(inputs[3].reshape(2, 3)).shape, (3,))
        self.assertEqual(network.predict(inputs[3:4]).shape, (1, 3))
        self.assertEqual(network.predict(inputs[3].reshape(1, 2, 3)).shape, (1, 3))
        for none in (inputs[:0], [], np.zeros((0, 2, 3))):
            self.assertEqual(network.predict(none).shape, (0, 3))
        for wrong in (np.zeros((0, 5)), np.zeros((3, 4)), np.zeros(5)):
            with self.assertRaises(lottery.ShapeError):
                network.predict(wrong)
        single = lottery.Network("mlp-1-2", seed=1)
        self.assertEqual([single.predict(values).shape for values in ([1, 2, 3], [1], [[1]])], [(3, 2), (1, 2), (1, 2)])

    def test_empty_choices(self):
        data = problem()[2]
        for index in (slice(5, 5), [], np.zeros(96, bool)):
            with self.assertRaisesRegex(lottery.ArgumentError, "none of the 96 examples"):
                data[index]


class Shown(Case):
    def test_repr(self):
        network, trainer, data = problem()
        trainer.run(3)
        network.mask = lottery.Pruner(rate=0.5, output_factor=1).apply(network)
        by_hand = lottery.Network()
        for made, text in ((network, "Network(6-8-3, 36 of 72 weights)"), (network.mask, "Mask(36 of 72 weights)"),
                           (trainer, "Trainer(iteration 3, optimiser='adam', loss='cross_entropy', "
                                     "Dataset(96 x (6,), 3 classes))"),
                           (data, "Dataset(96 x (6,), 3 classes)"),
                           (data.with_targets(np.ones((96, 2))), "Dataset(96 x (6,), 3 classes, 2 targets)"),
                           (trainer.snapshot(), "Snapshot(iteration 3, 4 tensors: weights, optimiser, position)"),
                           (lottery.Pruner(), "Pruner(rate=0.2, criterion='magnitude', scope='layerwise')"),
                           (lottery.Pruner(count=7, scope="global", rates={"fc1.weight": 0.5}),
                            "Pruner(count=7, rates={'fc1.weight': 0.5}, criterion='magnitude', scope='global')"),
                           (lottery.Archive(), "Archive()"), (lottery.Context("portable"), "Context('portable')")):
            self.assertEqual(repr(made).replace("statistics, ", ""), text)
            made.close()
            self.assertEqual(repr(made), f"{type(made).__name__}(closed)")
        self.assertRegex(repr(by_hand), "Network(.*finish.*)")
        first, second = by_hand.input(2), None
        second = by_hand.dense(first, 2)
        by_hand.finish(by_hand.dense(by_hand.add(first, second), 3))
        self.assertEqual(repr(by_hand), "Network(2-2-3, 10 of 10 weights)")

    def test_truth(self):
        network, trainer, data = problem()
        self.assertTrue(lottery.Network() and network and network.mask and trainer.snapshot() and trainer and data)

    def test_what_is_no_mask(self):
        network, trainer, _ = problem()
        for wrong in (trainer.snapshot(), network, lottery.Archive(), [1], np.ones(72, bool), "mask"):
            with self.assertRaisesRegex(TypeError, "expected a Mask or a dict of arrays, not "):
                network.mask = wrong
        with self.assertRaisesRegex(KeyError, "fc1.bias: masks cover fc1.weight, fc2.weight"):
            network.mask = {"fc1.bias": np.ones(8, bool)}
        self.assertEqual(network.mask.density, 1)

    def test_words_of_others(self):
        network, trainer, _ = problem()
        for attempt, meant in ((lambda: setattr(trainer, "loss", "mse"), "mean_squared_error"),
                               (lambda: setattr(trainer, "loss", "CrossEntropy"), "cross_entropy"),
                               (lambda: network.evaluate(problem()[2], "ce"), "cross_entropy"),
                               (lambda: setattr(trainer, "optimiser", "Adam"), "adam"),
                               (lambda: network.initialise(1, "he_normal"), "kaiming_normal")):
            with self.assertRaisesRegex(lottery.ArgumentError, f"is none of .*; did you mean '{meant}'[?]"):
                attempt()
        for name, meant in (("lr", "learning_rate"), ("batchsize", "batch_size"), ("optimizer", "optimiser")):
            with self.assertRaisesRegex(TypeError, f"no option '{name}'; it has .*; did you mean '{meant}'[?]"):
                lottery.Trainer(network, **{name: 1})

    def test_files(self):
        for attempt in (lambda: lottery.Archive("/nowhere/at/all"), lambda: lottery.Dataset.idx("/nowhere"),
                        lambda: lottery.Archive().save("/nowhere/at/all")):
            with self.assertRaisesRegex(FileNotFoundError, "cannot open .*/nowhere") as caught:
                attempt()
            self.assertIsInstance(caught.exception, lottery.FileError)
            self.assertEqual((caught.exception.errno, caught.exception.status), (errno.ENOENT, -6))
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "no folder"
            place.touch()
            with self.assertRaises(lottery.FileError) as caught:
                lottery.Archive(place / "file")
            self.assertEqual((type(caught.exception), caught.exception.errno), (lottery.FileError, errno.ENOTDIR))


class Copies(Case):
    def ways(self, made):
        own = [made.copy()] if isinstance(made, lottery.Network) else []
        return (*own, copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made)))

    def test_network(self):
        network, trainer, data = problem()
        for crossover in (0, 1):
            for again in self.ways(network):
                self.assertIsNot(again, network)
                self.assertEqual((list(again), again.mask, again.crossover), (list(network), network.mask, network.crossover))
                np.testing.assert_array_equal(weights(again), weights(network))
                again["fc1.weight"] = again["fc1.weight"] + 1
                self.assertTrue((weights(again) != weights(network)).any())
            network.mask, network.crossover = lottery.Pruner(rate=0.5).apply(network), crossover
            trainer.run(3)
        network.close()
        self.assertEqual(again.predict(data).shape, (96, 3))

    def test_network_of_another_set(self):
        """A copy computes on the network's instruction set, whatever the context has now."""
        with lottery.Context("portable") as context:
            network = lottery.Network("mlp-64-300-10", seed=1)
            inputs = np.random.default_rng(1).normal(size=(70, 64)).astype(np.float32)
            outputs = network.predict(inputs)
            context.instruction_set = "automatic"
            for again in (network.copy(), copy.deepcopy(network)):
                np.testing.assert_array_equal(again.predict(inputs), outputs)
        with self.assertRaisesRegex(lottery.StateError, "finish"):
            lottery.Network().copy()
        with lottery.Context():
            mask = lottery.Mask(lottery.Network("mlp-6-8-3"), {"fc1.weight": np.eye(8, 6)})
        network = lottery.Network("mlp-6-8-3", seed=1)
        network.mask = mask
        with self.assertWarnsRegex(lottery.PartialWarning, "fc3.weight"):  # which the mask's own context says
            network.copy().mask.transfer(lottery.Network("mlp-6-8-3-4"))

    def test_what_never_changes(self):
        network, trainer, data = problem()
        trainer.run(3)
        mask, snapshot = lottery.Pruner(rate=0.5).apply(network), trainer.snapshot()
        for made in (mask, snapshot, data):
            self.assertIs(copy.copy(made), made)
            self.assertIs(copy.deepcopy(made), made)
        self.assertEqual(pickle.loads(pickle.dumps(mask)), mask)
        again = pickle.loads(pickle.dumps(snapshot))
        self.assertEqual((again.iteration, again.contents), (3, snapshot.contents))
        for name in snapshot:
            for slot in ("weight", "first", "second"):
                np.testing.assert_array_equal(again.read(name, slot), snapshot.read(name, slot))
        for part in (data, data[:10], data.split(20, seed=1)[1], lottery.Dataset(data.read()[0])):
            again = pickle.loads(pickle.dumps(part))
            np.testing.assert_array_equal(again.read()[0], part.read()[0])
            np.testing.assert_array_equal(again.read()[1], part.read()[1])
            self.assertEqual((again.shape, again.classes), (part.shape, part.classes))
        inputs, labels = examples()
        aims = lottery.Dataset(inputs, labels, targets=np.eye(3)[labels] - 0.25)
        for part in (aims, aims[:5], aims.with_labels(labels), *aims.split(20, seed=1), lottery.Dataset(inputs).with_targets(inputs)):
            again = pickle.loads(pickle.dumps(part))
            np.testing.assert_array_equal(again.targets, part.targets)
            self.assertEqual((repr(again), again.classes), (repr(part), part.classes))

    def test_archive(self):
        archive = lottery.Archive(byte_limit=12345)
        archive["text"], archive["ticket"] = "words", lottery.Ticket(problem()[0], problem()[0].mask, problem()[0].snapshot())
        for again in self.ways(archive):
            self.assertEqual((list(again), again["text"], again.byte_limit), (list(archive), "words", 12345))
            self.assertEqual(again.to_bytes(), archive.to_bytes())
        again["more"] = "words"
        self.assertNotIn("more", archive)

    def test_errors(self):
        try:
            lottery.Archive("/nowhere/at/all")
        except lottery.FileError as error:
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((type(again), str(again), again.status), (type(error), str(error), error.status))


class Threads(Case):
    def together(self, *work):
        failed = []

        def guarded(one):
            try:
                one()
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=guarded, args=(one,)) for one in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_predict_in_two(self):
        network = lottery.Network("mlp-64-300-10", seed=1)
        batches = [np.random.default_rng(seed).normal(size=(count, 64)).astype(np.float32)
                   for seed, count in ((1, 70), (2, 130), (3, 1))]
        expected = [network.predict(batch) for batch in batches]

        def work(batch, wanted):
            for _ in range(200):
                np.testing.assert_array_equal(network.predict(batch), wanted)

        self.together(*(lambda pair=pair: work(*pair) for pair in zip(batches, expected)))

    def test_all_on_one_network(self):
        """A long run lets others in between its slices, and pruner, archive, mask and snapshot wait for it."""
        network, trainer, data = problem()
        pruner, archive, done = lottery.Pruner(), lottery.Archive(), threading.Event()

        def others(name):
            trainer.iteration
            for i in range(30):
                network.predict(data.read()[0])
                network.evaluate(data)
                pruner.apply(network)
                archive[f"{name}{i}"] = network
                trainer.snapshot()
                lottery.Mask(network).density
                repr(trainer), repr(network), repr(pruner)

        def stop():
            self.together(lambda: others("a"), lambda: others("b"))
            done.set()

        self.together(stop, lambda: trainer.run(10 ** 9, lambda *_: done.is_set()))
        self.assertEqual(len(archive), 60)
        whole = problem()
        whole[1].run(trainer.iteration)
        np.testing.assert_array_equal(weights(network), weights(whole[0]))

    def test_every_call_locks(self):
        """The object, and a network that it is handed."""
        archive = lottery.Archive()
        archive["network"], archive["text"], archive["mask"] = problem()[0], "words", problem()[0].mask
        archive["array"], archive["snapshot"] = np.zeros(2, np.uint8), problem()[1].snapshot()
        archive["run"] = problem()[1]
        network, fresh, pruner = archive["network"], archive["network"], lottery.Pruner()
        data, mask, snapshot, inputs = problem()[2], network.mask, network.snapshot(), examples(16)[0]
        labels = examples(16)[1]
        trainer = lottery.Trainer(network, data, batch_size=16)
        node = lottery.Network()
        of_network = [
            lambda: network["fc1.bias"], lambda: network.__setitem__("fc1.bias", np.zeros(8)), lambda: network.predict(inputs),
            lambda: network.evaluate(data), lambda: network.initialise(1), lambda: network.mask, network.check_mask,
            lambda: setattr(network, "mask", None), network.snapshot, lambda: network.restore(snapshot),
            lambda: network.form("fc1.weight"), lambda: network.prunable, lambda: network.crossover, lambda: repr(network),
            lambda: lottery.Mask(network), lambda: mask.transfer(network), lambda: pruner.apply(network, mask),
            lambda: pruner.apply(network, mask, np.zeros(72)), lambda: pruner.preview(network, mask),
            lambda: lottery.Trainer(network), lambda: archive.mask("mask", network),
            lambda: archive.snapshot("snapshot", network), lambda: lottery.Archive().__setitem__("network", network),
            lambda: lottery.Archive().__setitem__("ticket", lottery.Ticket(network, mask, snapshot)),
            lambda: lottery.Archive().__setitem__("run", trainer), lambda: archive.restore("run", trainer),
            lambda: trainer.run(1), lambda: trainer.step(inputs, labels), lambda: trainer.step(inputs.tolist(), labels),
            lambda: trainer.gradient(), lambda: trainer.apply(), lambda: trainer.forward(inputs),
            lambda: trainer.packed_gradient, trainer.gradients, lambda: trainer.evaluate(data), lambda: trainer.iteration,
            lambda: trainer.set_gradient("fc1.bias", np.zeros(8)), lambda: trainer.epoch_batches, trainer.batch,
            lambda: trainer.backward(trainer.forward(inputs), inputs=True), lambda: trainer.backward(trainer.forward(inputs)),
            lambda: trainer.optimiser_steps, lambda: setattr(trainer, "optimiser_steps", 3),
            lambda: dict(trainer.optimiser_state), lambda: trainer.optimiser_state.__setitem__("fc1.bias", {"first": np.ones(8)}),
            network.copy, lambda: network.nodes, lambda: network.output,
            lambda: trainer.snapshot(), lambda: trainer.rewind(snapshot), trainer.reset, lambda: trainer.batch_size,
            lambda: setattr(trainer, "milestones", [1]), trainer.close, network.close]
        of_fresh = [lambda: list(fresh)]
        of_pruner = [lambda: pruner.rate, lambda: setattr(pruner, "rate", 0.1), lambda: pruner.set_tensor_rate("fc1.weight", 0.1),
                     lambda: pruner.apply(fresh), lambda: pruner.preview(fresh), lambda: pruner.amount, lambda: pruner.rates,
                     pruner.close]
        of_archive = [lambda: next(iter(archive)), lambda: len(archive), lambda: archive.kind("text"),
                      lambda: archive["network"], lambda: archive["text"], lambda: archive["mask"], lambda: archive["array"],
                      lambda: archive["snapshot"], lambda: archive.__setitem__("more", "words"), archive.to_bytes,
                      lambda: archive.load_bytes(b""), lambda: archive.byte_limit, lambda: len(archive.metadata),
                      lambda: list(archive.metadata), lambda: archive.metadata.__setitem__("a", "b"),
                      lambda: archive.metadata["a"], lambda: archive.__delitem__("more"), archive.close]
        of_node = [lambda: node.input(2), lambda: node.dense(0, 2), lambda: node.relu(0), lambda: node.node_shape(1),
                   lambda: node.node_bias(1), lambda: node.nodes, lambda: node.finish(1)]
        held, seen, missed = (network, fresh, pruner, archive, node), set(), set()

        class Watched:
            """lottery.raw, which looks whether the handles that a call gets are locked."""

            def __getattr__(self, name, raw=lottery.raw):
                function = getattr(raw, name)
                if not name.startswith("lottery_") or name.endswith("_destroy"):
                    return function

                def call(*arguments):
                    for handle in (*held, trainer):
                        if handle._address is not None and handle._address in (at for at in arguments if type(at) is int):
                            seen.add(name)
                            if not handle._lock.lock._is_owned():
                                missed.add(name)
                    return function(*arguments)
                return call

        with unittest.mock.patch.object(lottery, "raw", Watched()), warnings.catch_warnings(), \
                unittest.mock.patch.object(lottery, "_step", Watched().lottery_trainer_step):
            warnings.simplefilter("ignore")
            for call in of_network + of_fresh + of_pruner + of_archive + of_node:
                try:
                    call()
                except (lottery.LotteryError, KeyError):
                    pass
        self.assertEqual(missed, set())
        self.assertGreater(len(seen), 80)
