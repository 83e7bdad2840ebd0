"""Errors: the library's message, the right class, and that what C could misread does not reach it."""
import ctypes
import gc
import os
import pathlib
import tempfile
import threading
import unittest.mock
import warnings

import numpy as np
from support import Case, examples, lottery, problem


class Errors(Case):
    def fails(self, error, text):
        return self.assertRaisesRegex(error, text)

    def test_messages(self):
        network, trainer, data = problem()
        with self.fails(lottery.ArgumentError, "learning_rate: -1 is outside 0 to 1e[+]06"):
            trainer.learning_rate = -1
        with self.fails(ValueError, "preset is called 'lenet'"):
            lottery.Network("lenet")
        with self.fails(OSError, "images: cannot open /nowhere"):
            lottery.Dataset.idx("/nowhere")
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"something else")
            file.flush()
            with self.fails(lottery.FormatError, "images: "):
                lottery.Dataset.idx(file.name)
        with self.fails(lottery.StateError, "finish"):
            lottery.Network()["fc1.weight"]
        with self.fails(lottery.ShapeError, "dataset: "):
            lottery.Trainer(lottery.Network("mlp-5-3"), data)
        with self.fails(lottery.NotFiniteError, "inputs: element 0 is nan"):
            trainer.step([[np.nan] * 6], [0])
        with self.fails(lottery.MaskError, "fc1.weight"):
            network.check_mask({name: np.zeros(shape) for name, shape in network.mask.shapes.items()})
        available = self.context.describe()
        with self.fails(lottery.UnsupportedError, "instruction_set"):
            self.context.instruction_set = "neon" if "neon" not in available else "avx512"
        self.assertEqual(lottery.errors[-8].status, -8)

    def test_memory(self):
        with self.fails(MemoryError, "bytes"):
            lottery.Network("mlp-16777216-16777216")  # 1 PiB of weights: refused by the allocator

    def test_unknown_status(self):
        with self.assertRaises(lottery.LotteryError) as caught:
            lottery._judge(-77, self.context)
        self.assertEqual(caught.exception.status, -77)

    def test_integers_are_not_cut_off(self):
        network, trainer, data = problem()
        for attempt in [lambda: trainer.run(2 ** 64 + 1), lambda: lottery.Trainer(network, data, seed=2 ** 64),
                        lambda: lottery.Trainer(network, data, seed=-1), lambda: network.initialise(-1),
                        lambda: lottery.Network().input(2 ** 64 + 3), lambda: data.with_labels([2 ** 32] * 96),
                        lambda: data.with_labels([0] * 96, classes=2 ** 32 + 3), lambda: data.subset([2 ** 63]),
                        lambda: setattr(trainer, "batch_size", 2 ** 64 + 2), lambda: trainer.reset(2 ** 32),
                        lambda: trainer.step(np.zeros((1, 6)), np.array([2 ** 32])), lambda: trainer.run(-1)]:
            with self.assertRaises((lottery.ArgumentError, OverflowError)):
                attempt()
        with self.assertRaises(TypeError):
            trainer.batch_size = 2.5
        with self.assertRaises(TypeError):
            trainer.step(np.zeros((1, 6)), [0.5])
        trainer.step(np.zeros((2, 6)), np.array([2, 1], np.int64))
        trainer.step(np.zeros((2, 6)), np.array([2, 1], np.uint8))

    def test_arrays_of_a_wrong_size_do_not_reach_c(self):
        network, trainer, data = problem()
        wrong = np.zeros((4, 5), np.float32)
        for attempt in [lambda: trainer.step(wrong, [0] * 4), lambda: trainer.step(np.zeros((4, 6)), [0] * 3),
                        lambda: trainer.step(np.zeros((4, 6)), targets=np.zeros((4, 2))),
                        lambda: trainer.step(np.zeros((4, 6)), targets=np.zeros((3, 4))),
                        lambda: trainer.step(np.zeros(6), [0]),
                        lambda: trainer.step(np.zeros((4, 5), np.float32), np.zeros(4, np.int32)),
                        lambda: trainer.step(np.zeros((4, 6), np.float32), np.zeros(3, np.int32)),
                        lambda: trainer.step(np.zeros((2, 12), np.float32), np.zeros(4, np.int64)),
                        lambda: trainer.step(np.zeros((), np.float32), np.zeros(4, np.int32)),
                        lambda: trainer.step(np.zeros((4, 6), np.float32), np.zeros((4, 1), np.int32)), lambda: trainer.forward(wrong), lambda: network.predict(1.0),
                        lambda: network.predict(wrong), lambda: network.__setitem__("fc1.weight", np.zeros((6, 8))),
                        lambda: network.mask.replace({"fc1.weight": np.ones((6, 8))}), lambda: data[np.ones(5, bool)],
                        lambda: data.normalise([1, 2], [1]), lambda: data.with_targets(np.zeros((5, 3)))]:
            with self.assertRaises(lottery.ShapeError):
                attempt()
        trainer.forward(np.zeros((4, 6)))
        with self.assertRaises(lottery.ShapeError):
            trainer.backward(np.zeros((4, 4)))
        with self.fails(lottery.ArgumentError, "the forward pass had 4"):
            trainer.backward(np.zeros((3, 3)))
        with self.assertRaises(ValueError):
            lottery.Dataset.idx("a\0b")
        with self.assertRaises(lottery.ArgumentError):
            data.read(90, 7)
        with self.assertRaises(lottery.ArgumentError):
            data.statistics(2 ** 40)

    def test_wrong_kinds(self):
        network, trainer, data = problem()
        for attempt in [lambda: lottery.Trainer(data), lambda: lottery.Trainer(network, network),
                        lambda: trainer.evaluate(None), lambda: trainer.rewind(network.mask), lambda: network.restore(None),
                        lambda: network.mask & None, lambda: lottery.Mask(data), lambda: lottery.Pruner().apply(trainer),
                        lambda: setattr(network, "mask", 1), lambda: lottery.Snapshot(),
                        lambda: lottery.Trainer(network, data, learning_rat=1), lambda: trainer.set(rate=1),
                        lambda: lottery.Network().dense(0, 1, bia=False)]:
            with self.assertRaises(TypeError):
                attempt()
        for attempt in [lambda: setattr(trainer, "learning_rat", 1), lambda: setattr(network, "maks", None)]:
            with self.assertRaises(AttributeError):  # no silent typos
                attempt()
        with self.assertRaises(KeyError):
            network["fc9.weight"]
        with self.fails(lottery.ArgumentError, "'best' is none of sgd, adam"):
            trainer.optimiser = "best"

    def test_a_failed_load_changes_nothing(self):
        network, _, _ = problem()
        state, before = dict(network), dict(network)
        state["fc1.weight"] = state["fc1.weight"] + 1
        for name, value in [("fc2.bias", [np.nan, 0, 0]), ("fc2.bias", [0, 0]), ("fc9.bias", [0])]:
            with self.assertRaises((lottery.NotFiniteError, lottery.ShapeError)):
                network.load({**state, name: value})
            for tensor in before:
                np.testing.assert_array_equal(network[tensor], before[tensor])

    def test_partial_is_a_warning(self):
        network, _, _ = problem()
        other = lottery.Network("mlp-6-8-4", seed=1)
        with self.assertWarnsRegex(lottery.PartialWarning, "fc2.weight") as caught:
            moved = network.mask.transfer(other)
        self.assertEqual(caught.filename, __file__)  # the line that called
        self.assertEqual(moved.counts()[0], 80)
        with self.assertWarnsRegex(lottery.PartialWarning, "fc2") as caught:
            other.restore(network.snapshot())
        self.assertEqual(caught.filename, __file__)  # the line that called
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with self.assertRaises(lottery.PartialWarning):
                network.mask.transfer(other)
            network.mask.transfer(network)

    def test_unchanged_is_a_warning(self):
        network = lottery.Network("mlp-3-2-1")
        network.initialise(1)
        with self.assertWarnsRegex(lottery.UnchangedWarning, "no weight went; 8 of 8 are left") as caught:
            mask = lottery.Pruner(rate=0.01).apply(network)
        self.assertEqual(caught.filename, __file__)  # the line that called
        self.assertEqual(mask, network.mask)

    def test_library_not_found(self):
        with unittest.mock.patch.dict(os.environ, {"LOTTERY_LIBRARY": "/nowhere/liblottery.so.0"}):
            with self.fails(ImportError, "LOTTERY_LIBRARY=/nowhere/liblottery.so.0: .*Set it to the path of liblottery.so.0"):
                lottery._load()
        with unittest.mock.patch.dict(os.environ, {"LOTTERY_LIBRARY": "libm.so.6"}):
            with self.fails(ImportError, "libm.so.6 is not liblottery: .*Set LOTTERY_LIBRARY to the path of liblottery.so.0"):
                lottery._load()
        with unittest.mock.patch.dict(os.environ), unittest.mock.patch.object(lottery, "__file__", "/a/lottery.py"):
            del os.environ["LOTTERY_LIBRARY"]
            with unittest.mock.patch.object(ctypes, "CDLL", side_effect=OSError("not there")):
                with self.fails(ImportError, "not there. Build it .*or set LOTTERY_LIBRARY to the path of liblottery.so.0"):
                    lottery._load()

    def test_copied_to_another_folder(self):
        """As the page says: beside one's program, however few folders are above it."""
        for place in (pathlib.Path("/lottery.py"), pathlib.Path("/a/lottery.py")):
            with unittest.mock.patch.object(lottery, "__file__", str(place)):
                self.assertEqual(lottery._load()._name, os.environ["LOTTERY_LIBRARY"])


class Threads(Case):
    def test_two_threads_with_a_context_each(self):
        """They get the same bits, and each its own messages."""
        contexts, results, messages = [], [], []
        gate = threading.Barrier(2)

        def work(mine):
            contexts.append(lottery.Context.current())
            network, trainer, _ = problem()
            gate.wait()
            for i in range(100):
                trainer.run(20)
                try:
                    trainer.learning_rate = -1 - mine
                except lottery.ArgumentError as error:
                    messages.append(f"learning_rate: {-1 - mine} " in str(error))
            results.append(network["fc1.weight"])

        threads = [threading.Thread(target=work, args=(mine,)) for mine in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertIsNot(*contexts)
        self.assertNotIn(self.context, contexts)
        self.assertEqual(messages, [True] * 200)
        np.testing.assert_array_equal(*results)

    def test_one_dataset_for_two_contexts(self):
        data = lottery.Dataset(*examples())
        results = []
        for _ in range(2):
            with lottery.Context():
                network = lottery.Network("mlp-6-8-3", seed=1)
                lottery.Trainer(network, data, seed=2).run(10)
                results.append(network["fc1.weight"])
        np.testing.assert_array_equal(*results)

    def test_mask_of_another_context(self):
        """Its errors have their message there, also when it comes back from the network."""
        network, trainer, _ = problem()
        with lottery.Context() as other:
            theirs = lottery.Network("mlp-6-8-3").mask
            for attempt in (lambda: setattr(network, "mask", theirs), lambda: trainer.rewind(mask=theirs)):
                network.mask = None
                self.assertIs(network.mask.context, self.context)
                attempt()
                self.assertIs(network.mask.context, other)
                with self.assertRaisesRegex(lottery.ShapeError, "mask|first|second|fc1.weight"):
                    network.mask & lottery.Mask(lottery.Network("mlp-5-8-3"))

    def test_current(self):
        with lottery.Context("portable") as inner:
            self.assertIs(lottery.Context.current(), inner)
            self.assertEqual(inner.instruction_set, "portable")
            self.assertIs(lottery.Network("mlp-2-2").context, inner)
        self.assertIs(lottery.Context.current(), self.context)
        self.assertIs(lottery.Network("mlp-2-2", context=self.context).context, self.context)
        gc.collect()
