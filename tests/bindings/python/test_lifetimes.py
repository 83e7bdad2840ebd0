"""Objects may go in any order and in any thread; borrowed arrays stay as long as the library reads them, no longer."""
import copy
import gc
import itertools
import pickle
import threading
import weakref

import numpy as np
from support import Case, examples, lottery, problem, weights


class Lifetimes(Case):
    def make(self):
        network, trainer, data = problem()
        trainer.run(3)
        snapshot, pruner = trainer.snapshot(), lottery.Pruner()
        return {"network": network, "trainer": trainer, "data": data, "snapshot": snapshot, "pruner": pruner,
                "mask": pruner.apply(network)}

    def test_any_order(self):
        before = self.context.memory.bytes
        for order in itertools.islice(itertools.permutations(self.make()), 0, None, 7):
            objects = self.make()
            for name in order:
                del objects[name]
            self.assert_nothing_left(self.context, before)

    def test_closed_in_any_order(self):
        before = self.context.memory.bytes
        for order in itertools.islice(itertools.permutations(self.make()), 0, None, 7):
            objects = self.make()
            for name in order:
                with objects[name]:
                    pass
                objects[name].close()
                with self.assertRaisesRegex(lottery.HandleError, "closed"):
                    objects[name]._pointer
            del objects
            self.assert_nothing_left(self.context, before)

    def test_what_is_held_works_on(self):
        network, trainer, data = problem()
        data.close()
        network.close()
        self.assertEqual(trainer.run(5), 5)
        with self.assertRaisesRegex(lottery.HandleError, "network: closed"):
            network["fc1.weight"]
        with self.assertRaisesRegex(lottery.HandleError, "network: closed"):
            lottery.Pruner().apply(network)

    def test_context_gone_first(self):
        """What was made in it works on, and its errors and warnings keep their words."""
        with lottery.Context() as context:
            network, other = lottery.Network("mlp-2-2", seed=1), lottery.Network("mlp-2-2-2")
            trainer, mask = lottery.Trainer(network), network.mask
        self.assertEqual(mask.counts(), (4, 4))
        with self.assertRaisesRegex(lottery.ArgumentError, "learning_rate: -1 is outside"):
            trainer.learning_rate = -1
        with self.assertWarnsRegex(lottery.PartialWarning, "fc2.weight"):
            self.assertEqual(mask.transfer(other).counts(), (8, 8))
        for attempt in (lambda: context.message, lambda: lottery.Network("mlp-2-2", context=context), context.describe):
            with self.assertRaisesRegex(lottery.HandleError, "context: closed"):
                attempt()

    def test_cycles_and_another_thread(self):
        before = self.context.memory.bytes
        gc.disable()  # so that it is the other thread that collects
        try:
            for _ in range(20):
                ring = [self.make()]
                ring.append(ring)
                del ring
                self.assertGreater(self.context.memory.bytes, before)
                thread = threading.Thread(target=gc.collect)
                thread.start()
                thread.join()
                self.assertEqual(self.context.memory.bytes, before)
        finally:
            gc.enable()
        self.assert_nothing_left(self.context, before)

    def test_collected_while_another_thread_trains(self):
        before = self.context.memory.bytes
        network, trainer, data = problem()
        thread = threading.Thread(target=trainer.run, args=(20000,))
        thread.start()
        while thread.is_alive():
            self.make()
            gc.collect()
        self.assertEqual(trainer.iteration, 20000)
        del network, trainer, data, thread
        self.assert_nothing_left(self.context, before)

    def test_no_copies_of_handles(self):
        made = self.make()
        for name, words in (("trainer", r'archive\["run"\] = trainer.*restore'), ("pruner", "same options"),
                            ("context", "Context")):
            for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
                with self.assertRaisesRegex(TypeError, f"cannot be copied or pickled: .*{words}", msg=name):
                    attempt({"context": self.context, **made}[name])

    def test_failed_construction_leaves_nothing(self):
        before = self.context.memory.bytes
        inputs, labels = examples()
        for attempt in [lambda: lottery.Network("no such"), lambda: lottery.Network("mlp-2-2", seed=-1),
                        lambda: lottery.Dataset(inputs, labels[:5]), lambda: lottery.Dataset(inputs * np.nan),
                        lambda: lottery.Dataset(inputs, labels, classes=1), lambda: lottery.Pruner(rate=2),
                        lambda: lottery.Trainer(lottery.Network("mlp-2-2"), lottery.Dataset(inputs))]:
            with self.assertRaises(lottery.LotteryError):
                attempt()
            self.assert_nothing_left(self.context, before)


class Arrays(Case):
    def test_borrowed_array_freed_early(self):
        inputs, labels = examples()
        expected = inputs.copy()
        gone = weakref.ref(inputs)
        data = lottery.Dataset(inputs, labels)
        first, second = data.split(40, seed=1)
        del inputs, data
        gc.collect()
        rows = {tuple(row) for row in expected}
        self.assertTrue(all(tuple(row) in rows for row in first.read()[0]))
        network = lottery.Network("mlp-6-8-3", seed=1)
        trainer = lottery.Trainer(network, first)
        del first
        trainer.run(10)
        self.assertIsNotNone(gone())
        del trainer
        self.assertIsNotNone(gone())  # `second` still reads it
        thread = threading.Thread(target=second.close)
        thread.start()
        thread.join()
        gc.collect()
        self.assertIsNone(gone())

    def test_shared_or_copied(self):
        inputs, labels = examples()
        shared, copied = lottery.Dataset(inputs, labels), lottery.Dataset(inputs, labels, copy=True)
        old = inputs[0, 0]
        inputs[0, 0] = 7
        self.assertEqual([shared.read(0, 1)[0][0, 0], copied.read(0, 1)[0][0, 0]], [7, old])
        self.assertEqual(len(set(lottery._borrowed) - self.borrowed), 1)

    def test_views_and_other_kinds(self):
        inputs, labels = examples()
        wide = np.zeros((96, 13), np.float32)
        wide[:, ::2][:, :6] = inputs
        raw = np.zeros(inputs.nbytes + 1, np.uint8)
        odd = raw[1:].view(np.float32).reshape(inputs.shape)  # not aligned
        odd[:] = inputs
        for values in (inputs, inputs.astype(np.float64), np.asfortranarray(inputs), wide[:, :12:2], odd,
                       inputs.astype(">f4"), inputs.tolist(), memoryview(inputs)):
            read, read_labels = lottery.Dataset(values, labels.tolist()).read()
            np.testing.assert_array_equal(read, inputs)
            np.testing.assert_array_equal(read_labels, labels)

    def test_pixels(self):
        pixels = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)
        data = lottery.Dataset(pixels)
        self.assertEqual((data.shape, data.features, len(data), data.classes), ((3, 4, 5), 60, 2, 0))
        np.testing.assert_array_equal(data.read()[0], pixels.astype(np.float32) * np.float32(1 / 255))
        np.testing.assert_array_equal(lottery.Dataset(pixels, scale=2, shift=-1).read()[0], pixels * 2.0 - 1)

    def test_same_as_the_memory_copied(self):
        inputs, labels = examples()
        results = []
        for options in ({}, {"copy": True}):
            network = lottery.Network("mlp-6-8-3", seed=1)
            lottery.Trainer(network, lottery.Dataset(inputs, labels, **options), seed=2).run(20)
            results.append(weights(network))
        np.testing.assert_array_equal(*results)
