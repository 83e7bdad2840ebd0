"""Options come from the library's table: keyword arguments, attributes, documentation."""
import inspect
import pydoc

import numpy as np
from support import Case, lottery, problem

CLASSES = {"NETWORK": lottery.Network, "TRAINER": lottery.Trainer, "PRUNER": lottery.Pruner,
           "ARCHIVE": lottery.Archive}


class Options(Case):
    def test_each_has_its_place(self):
        for handle, cls in CLASSES.items():
            rows = [option for option in lottery.options if option.handle == getattr(lottery.raw, f"LOTTERY_HANDLE_{handle}")]
            self.assertTrue(rows)
            text, parameters = pydoc.plain(pydoc.render_doc(cls)), inspect.signature(cls).parameters
            for option in rows:
                self.assertIn(f"{option.name}: {option.meaning}", text)
                self.assertEqual(parameters[option.name].default, option.shown(option.initial))
                self.assertIn(option.meaning, inspect.getdoc(getattr(cls, option.name)))

    def test_defaults_and_limits(self):
        network, trainer, _ = problem()
        fresh = {"NETWORK": lottery.Network("mlp-2-2"), "PRUNER": lottery.Pruner(),
                 "TRAINER": lottery.Trainer(network, None), "ARCHIVE": lottery.Archive()}
        for handle, made in fresh.items():
            for option in made._options.values():
                unset = handle == "PRUNER" and option.name in ("count", "density")
                self.assertEqual(getattr(made, option.name), None if unset else option.shown(option.initial), option.name)
                if option.type == lottery.raw.LOTTERY_TYPE_REALS:
                    continue
                for value in (option.minimum, option.maximum):
                    setattr(made, option.name, value if option.type == lottery.raw.LOTTERY_TYPE_REAL else int(value))
                    self.assertEqual(getattr(made, option.name), option.shown(value), option.name)
                with self.assertRaises(lottery.ArgumentError, msg=option.name):
                    setattr(made, option.name,
                            option.maximum + 1 if option.type == lottery.raw.LOTTERY_TYPE_REAL else int(option.maximum) + 1)

    def test_kinds(self):
        _, trainer, _ = problem(optimiser="sgd", momentum=0.5, nesterov=True, milestones=[10, 20], loss=1)
        self.assertEqual((trainer.optimiser, trainer.momentum, trainer.nesterov, trainer.milestones, trainer.loss),
                         ("sgd", 0.5, True, (10.0, 20.0), "mean_squared_error"))
        trainer.milestones = ()
        trainer.batch_size, trainer.nesterov = np.int64(7), np.bool_(False)
        self.assertIs(trainer.nesterov, False)
        trainer.loss = "cross_entropy"
        self.assertEqual((trainer.milestones, trainer.batch_size, trainer.loss), ((), 7, "cross_entropy"))

    def test_last_of_rate_count_density_decides(self):
        network, _, _ = problem()
        pruner = lottery.Pruner(rate=0.5, output_factor=1)
        for name, value, kept in (("count", 7, 72 - 7), ("density", 0.25, 18), ("rate", 0.5, 36), ("count", 7, 72 - 7)):
            setattr(pruner, name, value)
            self.assertEqual(pruner.apply(network).counts()[0], kept)
            self.assertEqual({other: getattr(pruner, other) for other in ("rate", "count", "density")},
                             {"rate": None, "count": None, "density": None, name: value})
            self.assertEqual(pruner.amount, name)
            self.assertIn(f"Pruner({name}={value!r}, criterion='magnitude'", repr(pruner))
        with self.assertRaises(lottery.ArgumentError):
            pruner.density = 2
        self.assertEqual((pruner.count, pruner.density), (7, None))
        for attempt in (lambda: lottery.Pruner(density=0.1, rate=0.2), lambda: pruner.set(rate=0.1, seed=1, density=0.2)):
            with self.assertRaisesRegex(lottery.ArgumentError, "rate.*only one of rate, count, density"):
                attempt()
        self.assertEqual((pruner.count, pruner.seed), (7, 0))
        pruner = lottery.Pruner(rate=0.5, rates={"fc2.weight": 0})
        self.assertEqual(pruner.apply(network).counts("fc2.weight"), (24, 24))
        pruner.set_tensor_rate("fc1.weight", 0.25)
        pruner.set_tensor_rate("fc2.weight", 0.125)
        self.assertEqual((list(pruner.rates.items()), lottery.Pruner().rates),
                         ([("fc2.weight", 0.125), ("fc1.weight", 0.25)], {}))
