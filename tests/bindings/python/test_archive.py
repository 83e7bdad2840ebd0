"""Archives as mappings: what goes in comes out."""
import pathlib
import tempfile

import numpy as np
from support import Case, lottery, problem, weights


class Archives(Case):
    def filled(self):
        network, trainer, _ = problem()
        initial, mask = network.snapshot(), lottery.Pruner(rate=0.5).apply(network)
        trainer.run(3)
        archive = lottery.Archive(byte_limit=1 << 20)
        archive["network"], archive["mask"], archive["snapshot"] = network, mask, trainer.snapshot()
        archive["ticket"] = lottery.Ticket(network, mask, initial)
        archive["text"], archive["array"] = "wörds", np.array([[1, -2]])
        archive["scalar"] = np.float32(1.5)
        return archive, network, mask, initial

    def test_round_trip(self):
        archive, network, mask, initial = self.filled()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.safetensors"
            archive.save(path)
            data = path.read_bytes()
            loaded = lottery.Archive(path)
        self.assertEqual(data, archive.to_bytes())
        again = lottery.Archive()
        again.load_bytes(data)
        for found in (loaded, again):
            self.assertEqual(list(found), ["array", "mask", "network", "scalar", "snapshot", "text", "ticket"])
            self.assertEqual([found.kind(name) for name in ("array", "text", "ticket")], ["array", "text", "ticket"])
            self.assertEqual((found.get("none"), dict(found)["text"], found == found), (None, "wörds", True))
            self.assertTrue("mask" in found and "none" not in found and "'ticket': ticket" in repr(found))
            self.assertEqual((found["text"], found["array"].tolist(), found["scalar"][()]), ("wörds", [[1, -2]], 1.5))
            np.testing.assert_array_equal(weights(found["network"]), weights(network))
            self.assertEqual((found["mask"], found.mask("mask", network)), (mask, mask))
            self.assertEqual((found["snapshot"].iteration, found.snapshot("snapshot", network).iteration), (3, 3))
            np.testing.assert_array_equal(found.snapshot("network", network)["fc1.bias"], network["fc1.bias"])
            ticket = found["ticket"]
            self.assertEqual((ticket.mask, ticket.network.mask), (mask, mask))
            kept = initial["fc1.weight"] * mask["fc1.weight"]
            np.testing.assert_array_equal(ticket.network["fc1.weight"], kept)
            np.testing.assert_array_equal(ticket.snapshot["fc1.weight"], kept)
            np.testing.assert_array_equal(found.array("ticket.fc1.bias"), initial["fc1.bias"])

    def test_changes(self):
        archive, network, mask, _ = self.filled()
        del archive["mask"], archive["text"]
        self.assertEqual(list(archive), ["array", "network", "scalar", "snapshot", "ticket"])
        archive["mask"] = mask
        self.assertEqual(archive["mask"], mask)
        with self.assertRaises(KeyError):
            del archive["text"]
        self.assertEqual(dict(archive.metadata), {})
        archive.metadata["format"] = "pt"
        archive.metadata.update(format="np", who="me")
        again = lottery.Archive()
        again.load_bytes(archive.to_bytes())
        self.assertEqual(dict(again.metadata), {"format": "np", "who": "me"})
        self.assertEqual((again.metadata.pop("who"), repr(again.metadata)), ("me", "Metadata({'format': 'np'})"))
        for wrong in (lambda: again.metadata["who"], lambda: again.metadata.__delitem__("who")):
            with self.assertRaises(KeyError):
                wrong()
        with self.assertRaisesRegex(lottery.ArgumentError, "begins with 'lottery.'"):
            again.metadata["lottery.format"] = "2"

    def test_trainers(self):
        network, trainer, _ = problem()
        trainer.run(2)
        network.mask = lottery.Pruner(rate=0.5).apply(network)
        trainer.run(3)
        archive = lottery.Archive()
        archive["run"] = trainer
        self.assertEqual(archive.kind("run"), "trainer")
        other, again, _ = problem()
        archive.restore("run", again)
        self.assertEqual((again.iteration, other.mask), (5, network.mask))
        trainer.run(4)
        again.run(4)
        np.testing.assert_array_equal(weights(other), weights(network))
        archive.restore("run", again, any_instruction_set=True)
        with self.assertRaisesRegex(TypeError, "run: is a trainer; use restore"):
            archive["run"]
        with self.assertRaisesRegex(lottery.ArgumentError, "has no 'walk'"):
            archive.restore("walk", again)
        with self.assertRaisesRegex(TypeError, "rainer"):
            archive.restore("run", network)

    def test_errors(self):
        archive, network, _, _ = self.filled()
        with self.assertRaises(KeyError):
            archive["none"]
        with self.assertRaisesRegex(lottery.ArgumentError, "already has 'text'"):
            archive["text"] = "more"
        with self.assertRaisesRegex(TypeError, "not complex128"):
            archive["complex"] = np.zeros(2, complex)
        with self.assertRaisesRegex(lottery.ShapeError, "not the network's"):
            archive.mask("mask", lottery.Network("mlp-2-2"))
        for data in (b"", b"short", archive.to_bytes()[:-1]):
            with self.assertRaises(lottery.FormatError):
                archive.load_bytes(data)
        self.assertEqual(len(archive), 7)
        with self.assertRaises(lottery.FileError):
            archive.load("nowhere/at/all")
