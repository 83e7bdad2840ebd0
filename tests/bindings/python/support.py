"""What the tests of the Python layer share: the layer itself, and a small problem to train on."""
import gc
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import numpy as np

top = pathlib.Path(__file__).resolve().parents[3]
example_folder = top / "examples" / "python"
sys.path[:0] = [str(top / "examples" / "python"), str(top / "docs"), str(top / "tests" / "docs")]
import lottery  # noqa: E402
import tiny_dataset  # noqa: E402

FEATURES, CLASSES, PRESET = 6, 3, "mlp-6-8-3"


def examples(count=96, seed=1):
    """Three clouds of points; float32 inputs, int32 labels."""
    source = np.random.default_rng(seed)
    labels = source.integers(0, CLASSES, count).astype(np.int32)
    inputs = source.normal(0, 0.3, (count, FEATURES)).astype(np.float32)
    inputs[np.arange(count), labels] += 1
    return inputs, labels


def problem(seed=1, **options):
    """A network, its trainer and what it trains on."""
    data = lottery.Dataset(*examples())
    network = lottery.Network(PRESET, seed=seed)
    return network, lottery.Trainer(network, data, seed=2, **{"batch_size": 16, "learning_rate": 0.01, **options}), data


def weights(network):
    return np.concatenate([network[name].ravel() for name in network])


def snippets_of_pages():
    """What docs/python.md and its rules show, in their order."""
    pages = [(top / "docs" / name).read_text(encoding="utf-8") for name in ("python.md", "python-rules.md")]
    for page in pages:
        assert len(page.splitlines()) <= 120
    return re.findall(r"^```python\n(.*?)^```$", "\n".join(pages), re.MULTILINE | re.DOTALL)


class Case(unittest.TestCase):
    """In a context of its own, of which nothing may be left."""

    def run(self, result=None):
        gc.collect()
        gc.freeze()  # what is there already need not be searched at every collection of the test
        try:
            with lottery.Context() as context:
                self.context, self.borrowed = context, set(lottery._borrowed)  # a test that failed may hold some
                super().run(result)
        finally:
            gc.unfreeze()

    def assert_nothing_left(self, context, before):
        gc.collect()
        self.assertEqual(context.memory.bytes, before)
        self.assertLessEqual(set(lottery._borrowed), self.borrowed)


class ExampleCase(unittest.TestCase):
    """Runs examples in a folder of their own, on a small made-up image set that all tests read."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.data = pathlib.Path(folder.name)
        tiny_dataset.write(cls.data)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = pathlib.Path(folder.name)

    def run_python(self, *arguments, **environment):
        done = subprocess.run([sys.executable, *map(str, arguments)], cwd=self.place, text=True, capture_output=True,
                              env={**os.environ, "PYTHONPATH": str(example_folder), **environment})
        return done.returncode, done.stdout, done.stderr

    def runs(self, name, *arguments, **environment):
        code, output, errors = self.run_python(example_folder / name, self.data, *arguments, **environment)
        self.assertEqual((code, errors), (0, ""), output + errors)
        return output
