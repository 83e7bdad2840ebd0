"""A ticket moved to PyTorch and back, and tensors as arrays: run where torch is there."""
import re

import numpy as np
import torch
from support import Case, ExampleCase, examples, lottery, problem, snippets_of_pages


class Example(ExampleCase):
    def test_to_torch(self):
        output = self.runs("to_torch.py", 200)
        differences = [float(text) for text in re.findall(r"at most ([\d.e+-]+)[,;]", output)]
        self.assertEqual(len(differences), 2, output)
        self.assertLess(max(differences), 1e-4)
        self.assertIn("the mask is the same, 10.", output)
        self.assertIn("Adam is at step 220", output)
        self.assertLess(float(re.search(r"weights differ by at most ([\d.e+-]+) from 20", output)[1]), 1e-5)

    def test_page(self):
        snippets = snippets_of_pages()
        self.assertTrue(any("lottery_torch" in snippet for snippet in snippets))
        (self.place / "page.py").write_text("\n".join(snippets), encoding="utf-8")
        code, output, errors = self.run_python("page.py")
        self.assertEqual((code, errors), (0, ""), output + errors)


class Tensors(Case):
    def test_shared_with_torch(self):
        inputs, labels = map(torch.from_numpy, examples())
        data = lottery.Dataset(inputs, labels.long())
        inputs[0, 0] = 7
        self.assertEqual(data.read(0, 1)[0][0, 0], 7)
        network, trainer, _ = problem()
        trainer.step(inputs[:16], labels[:16].long())
        np.testing.assert_allclose(network.predict(inputs),
                                   np.maximum(inputs.numpy() @ network["fc1.weight"].T + network["fc1.bias"], 0)
                                   @ network["fc2.weight"].T + network["fc2.bias"], atol=1e-5)
