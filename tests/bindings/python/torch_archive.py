"""Files of archives against PyTorch, read and written here by hand: docs/format.md is all that this knows. Weights and
inputs are small multiples of powers of two, so that sums are exact in any order and outputs must be equal."""
import json
import pathlib
import tempfile

import numpy as np
import torch
from support import Case, lottery

TYPES = {"F32": "<f4", "I64": "<i8", "U8": "u1", "U16": "<u2", "U32": "<u4", "F64": "<f8", "BF16": "<u2"}


def read(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header, data = json.loads(file.read(length)), file.read()
    texts = header.pop("__metadata__", {})
    return texts, {name: np.frombuffer(data[slice(*entry["data_offsets"])], TYPES[entry["dtype"]])
                   .reshape(entry["shape"]) for name, entry in header.items()}


def write(path, arrays, texts):
    """As the safetensors module writes: no padding, the order of the dictionary."""
    header, data = {"__metadata__": texts}, b""
    for name, (kind, array) in arrays.items():
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header, ensure_ascii=True).encode()
    pathlib.Path(path).write_bytes(len(text).to_bytes(8, "little") + text + data)


class Module(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.fc3 = torch.nn.Linear(12, 9), torch.nn.Linear(9, 7), torch.nn.Linear(7, 4)

    def forward(self, x):
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))


def numbers(shape, seed):
    return np.random.default_rng(seed).integers(-8, 9, shape).astype(np.float32) / 8


class Archives(Case):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "file.safetensors"
        self.network = lottery.Network("mlp-12-9-7-4")
        self.network.load({name: numbers(shape, seed) for seed, (name, shape) in enumerate(self.network.shapes.items())})
        self.inputs = numbers((50, 12), 99)

    def test_state_dict(self):
        archive = lottery.Archive()
        archive[""] = self.network
        archive.save(self.path)
        module = Module()
        module.load_state_dict({name: torch.tensor(array) for name, array in read(self.path)[1].items()}, strict=True)
        with torch.no_grad():
            wanted = module(torch.tensor(self.inputs)).numpy()
        np.testing.assert_array_equal(self.network.predict(self.inputs), wanted)

    def test_ticket(self):
        initial, mask = self.network.snapshot(), lottery.Pruner(rate=0.7).apply(self.network)
        archive = lottery.Archive()
        archive["t"], archive["m"] = lottery.Ticket(self.network, mask, initial), mask
        archive.save(self.path)
        texts, arrays = read(self.path)
        self.assertEqual((texts["lottery.format"], texts["lottery.kind.t"]), ("1", "ticket"))
        state = {}
        for layer, node in enumerate((node for node in json.loads(texts["lottery.graph.t"])["nodes"]
                                      if node["kind"] == "dense"), 1):
            name = f"fc{layer}.weight"
            rows, columns = arrays[f"t.{name}.rows"], arrays[f"t.{name}.columns"]
            matrix = np.zeros((node["units"], self.network.shapes[name][1]), np.float32)
            for row in range(node["units"]):
                part = slice(rows[row], rows[row + 1])
                matrix[row, columns[part]] = arrays[f"t.{name}.values"][part]
            state[name], state[f"fc{layer}.bias"] = matrix, arrays[f"t.fc{layer}.bias"]
            np.testing.assert_array_equal(matrix, initial[name] * mask[name])
            bits = np.unpackbits(arrays[f"m.{name}"], bitorder="little", count=matrix.size)
            np.testing.assert_array_equal(bits.reshape(matrix.shape).astype(bool), mask[name])
        module = Module()
        module.load_state_dict({name: torch.tensor(array) for name, array in state.items()}, strict=True)
        network = lottery.Archive(self.path)["t"].network
        with torch.no_grad():
            wanted = module(torch.tensor(self.inputs)).numpy()
        for crossover in (0, 1):  # dense, packed
            network.crossover = crossover
            np.testing.assert_array_equal(network.predict(self.inputs), wanted)

    def test_file_of_torch(self):
        module = Module()
        with torch.no_grad():
            for seed, parameter in enumerate(module.parameters()):
                parameter.copy_(torch.tensor(numbers(tuple(parameter.shape), 50 + seed)))
            wanted = module(torch.tensor(self.inputs)).numpy()
        state = {name: ("F32", value.numpy()) for name, value in reversed(module.state_dict().items())}
        state["other.é"] = ("BF16", np.zeros((3, 0), np.uint16))
        write(self.path, state, {"format": "pt", "more": "\u00e9\U0001f600"})
        archive = lottery.Archive(self.path)
        self.assertEqual(set(archive), set(state))
        self.network.restore(archive.snapshot("", self.network))
        np.testing.assert_array_equal(self.network.predict(self.inputs), wanted)
