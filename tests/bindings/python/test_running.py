"""Training from Python: the same bits as C's, progress that may raise, Ctrl-C, cancelling."""
import ctypes
import os
import signal
import threading
import time

import numpy as np
from support import Case, lottery, problem, weights


def run_in_c(trainer, iterations):
    return lottery.raw.lottery_trainer_run(trainer._pointer, iterations, None, None, None)


class Stop(Exception):
    pass


class Running(Case):
    def test_slices_leave_no_trace(self):
        first, in_c, _ = problem()
        run_in_c(in_c, 5000)
        for progress, interval in [(None, 100), (lambda iteration, loss: None, 7), (lambda *_: None, 10 ** 6)]:
            network, trainer, _ = problem(progress_interval=interval)
            self.assertEqual([trainer.run(0), trainer.run(1), trainer.run(4999, progress)], [0, 1, 4999])
            np.testing.assert_array_equal(weights(network), weights(first))

    def test_progress_is_as_in_c(self):
        _, in_c, _ = problem(progress_interval=7)
        expected, seen = [], []
        in_c.run(5)
        callback = lottery.raw.lottery_progress(lambda iteration, loss, user: expected.append((iteration, loss)) or 0)
        lottery.raw.lottery_trainer_run(in_c._pointer, 300, ctypes.cast(callback, ctypes.c_void_p), None, None)
        _, trainer, _ = problem(progress_interval=7)
        trainer.run(5)
        trainer.run(300, lambda *values: seen.append(values))
        self.assertEqual(seen, expected)
        self.assertEqual(len(seen), 43)

    def test_progress_stops(self):
        _, trainer, _ = problem(progress_interval=10)
        self.assertEqual(trainer.run(1000, lambda iteration, loss: iteration >= 30), 30)
        self.assertEqual(trainer.iteration, 30)

    def test_progress_raises(self):
        def progress(iteration, loss):
            if iteration == 20:
                raise Stop("here")

        network, trainer, _ = problem(progress_interval=10)
        with self.assertRaisesRegex(Stop, "here"):
            trainer.run(100, progress)
        self.assertEqual(trainer.iteration, 20)
        trainer.run(80)  # goes on as if nothing had been
        other, whole, _ = problem()
        whole.run(100)
        np.testing.assert_array_equal(weights(network), weights(other))

    def test_progress_may_change_things(self):
        network, trainer, data = problem(progress_interval=10)
        rates = []

        def progress(iteration, loss):
            rates.append(trainer.rate)
            trainer.learning_rate /= 2
            network.mask = lottery.Pruner().apply(network)
            trainer.evaluate(data)

        trainer.run(30, progress)
        self.assertEqual(rates, [0.01, 0.005, 0.0025])
        network.check_mask()
        self.assertLess(network.mask.density, 0.6)

    def test_closed_in_progress(self):
        _, trainer, _ = problem(progress_interval=10)
        with self.assertRaisesRegex(lottery.HandleError, "trainer: closed"):
            trainer.run(30, lambda *_: trainer.close())

    def test_not_finite(self):
        network, trainer, data = problem(optimiser="sgd", learning_rate=1e6, loss="mean_squared_error")
        with self.assertRaises(lottery.NotFiniteError) as caught:
            trainer.run(10000)
        self.assertEqual(caught.exception.done, trainer.iteration)
        self.assertGreater(caught.exception.done, 0)

    def test_cancel_from_another_thread(self):
        network, trainer, _ = problem()
        timer = threading.Timer(0.1, self.context.cancel)
        timer.start()
        with self.assertRaises(lottery.Cancelled) as caught:
            trainer.run(10 ** 12)
        self.assertEqual(caught.exception.done, trainer.iteration)
        with self.assertRaises(lottery.Cancelled):  # sticky
            trainer.run(1)
        self.context.resume()
        self.assertEqual(trainer.run(1), 1)

    def interrupted(self, trainer, delay, progress=None):
        began = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):  # it may come before the run
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT)).start()
            trainer.run(10 ** 12, progress)
        return time.monotonic() - began

    def test_interrupt(self):
        network, trainer, _ = problem()
        other, whole, _ = problem()
        for i in range(30):  # at various places
            late = self.interrupted(trainer, 0.001 + 0.0015 * i, progress=(lambda *_: None) if i % 2 else None)
            self.assertLess(late, 5)
        run_in_c(whole, trainer.iteration)
        np.testing.assert_array_equal(weights(network), weights(other))

    def test_interrupt_in_signal_handler_of_ones_own(self):
        """A handler that cancels instead of raising."""
        _, trainer, _ = problem()
        before = signal.signal(signal.SIGINT, lambda *_: self.context.cancel())
        try:
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            with self.assertRaises(lottery.Cancelled):
                trainer.run(10 ** 12)
        finally:
            signal.signal(signal.SIGINT, before)

    def test_slices_follow_the_speed(self):
        _, trainer, _ = problem()
        trainer.run(20000)
        self.assertGreater(trainer._slice, 16)


class Steps(Case):
    def test_step_gradient_forward(self):
        """One iteration in four ways."""
        inputs, labels = problem()[2].read(0, 16)
        results = []
        for way in range(4):
            network, trainer, _ = problem()
            if way == 0:
                loss = trainer.step(inputs, labels)
            elif way == 1:
                loss = trainer.gradient(inputs, labels)
                trainer.apply()
            elif way == 2:
                loss = trainer.gradient(inputs, labels)
                trainer.packed_gradient = trainer.packed_gradient
                trainer.apply()
            else:
                outputs = trainer.forward(inputs).astype(np.float64)
                shares = np.exp(outputs) / np.exp(outputs).sum(1, keepdims=True)
                loss = -np.log(shares[np.arange(16), labels]).mean()
                trainer.backward((shares - np.eye(3)[labels]) / 16)
                trainer.apply()
            if way < 3:
                self.assertEqual(loss, trainer.last_loss)
            results.append((loss, weights(network)))
        for loss, values in results[1:]:
            self.assertAlmostEqual(loss, results[0][0], places=6)
            np.testing.assert_allclose(values, results[0][1], atol=1e-6)
        np.testing.assert_array_equal(results[0][1], results[2][1])

    def test_all_arrays_give_the_same_step(self):
        """The short way and the long one."""
        inputs, labels = problem()[2].read(0, 16)
        fixed = inputs.copy()
        fixed.flags.writeable = False
        padded = np.zeros((16, 9), np.float32)
        padded[:, 3:] = inputs
        expected = None
        for values in (inputs, fixed, padded[:, 3:], inputs.astype(np.float64), inputs.astype(">f4"), inputs.tolist(),
                       inputs.reshape(16, 2, 3)):
            for answers in (labels, labels.astype(np.int64), labels.astype(np.uint8), np.repeat(labels, 2)[::2],
                            labels.tolist()):
                network, trainer, _ = problem()
                found = trainer.step(values, answers), weights(network).tobytes()
                expected = expected or found
                self.assertEqual(found, expected)

    def test_gradients_by_name(self):
        network, trainer, _ = problem()
        network.mask = lottery.Pruner(density=0.5).apply(network)
        trainer.gradient()
        found = trainer.gradients()
        self.assertEqual(list(found), list(network))
        packed = np.concatenate([found[name][network.mask[name]] if name in network.mask else found[name]
                                 for name in network])
        np.testing.assert_array_equal(packed, trainer.packed_gradient)
