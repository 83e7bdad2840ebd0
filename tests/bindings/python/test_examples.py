"""The examples in Python on a small made-up image set, and what docs/python.md shows, pasted together."""
import re

from support import ExampleCase, example_folder as examples, snippets_of_pages


class Examples(ExampleCase):
    def test_first_ticket(self):
        output = self.runs("first_ticket.py", 100, 3)
        line = re.compile(r"^ +(\d) +([\d.]+) % +([\d.]+) % at +\d+(?: +([\d.]+) % at +\d+)?$", re.MULTILINE)
        rows = [[float(cell) for cell in row if cell] for row in line.findall(output)]
        # Level, weights left, the ticket's accuracy and, after level 0, the control's. The set is easy to learn.
        self.assertEqual([row[:2] for row in rows], [[0, 100.0], [1, 80.0], [2, 64.1]], output)
        self.assertEqual([len(row) for row in rows], [3, 4, 4])
        self.assertTrue(all(accuracy > 90 for row in rows for accuracy in row[2:]), output)

    def test_ticket(self):
        lines = [line for line in (examples / "ticket.py").read_text().splitlines() if line and not line.startswith("#!")]
        self.assertLessEqual(len(lines), 25)
        output = self.runs("ticket.py", 20, 3)
        self.assertEqual(re.findall(r"([\d.]+) % of the weights", output), ["100.00", "80.04", "64.06"])
        if "picture: " in output:
            self.assertTrue((self.place / "ticket.png").read_bytes().startswith(b"\x89PNG"))

    def test_usage(self):
        """Without arguments, and without files. All in one process: its start takes longer than what they do."""
        names = ("first_ticket.py", "ticket.py", "own_mask.py", "custom_loss.py")
        code, output, errors = self.run_python(
            "-c", "import runpy, sys\n"
                  "for line in sys.argv[1:]:\n"
                  "    sys.argv = line.split('\\n')\n"
                  "    try:\n"
                  "        runpy.run_path(sys.argv[0], run_name='__main__')\n"
                  "    except BaseException as end:\n"
                  "        print(f'{type(end).__module__}.{type(end).__name__}: {end}', end='\\0')\n",
            *(examples / name for name in names), f"{examples / names[0]}\n{self.place / 'nowhere'}")
        self.assertEqual((code, errors), (0, ""))
        *usages, nowhere, rest = output.split("\0")
        self.assertEqual((len(usages), rest), (len(names), ""), output)
        for name, usage in zip(names, usages):  # sys.exit with words, which it puts on stderr: exit code 1
            self.assertTrue(usage.startswith("builtins.SystemExit: "), usage)
            self.assertIn(f"{name} DIRECTORY", usage)
        self.assertIn("lottery.FileMissing: images: cannot open", nowhere)

    def test_pictures_as_text(self):
        code, output, errors = self.run_python(
            "-c", "import sys; sys.modules['matplotlib'] = None; import draw; "
                  "draw.curves('x.png', {'one': ([100, 50], [1, 2]), 'none': ([], [])}, 'density', 'accuracy')", PATH="")
        self.assertEqual((code, errors), (0, ""))
        self.assertIn("100.00     1.00 #\n   50.00     2.00 " + "#" * 60, output)

    def test_custom_loss(self):
        self.assertGreater(float(re.findall(r"([\d.]+) % right", self.runs("custom_loss.py", 100))[-1]), 90)

    def test_own_mask(self):
        rows = re.findall(r"(\w+) +([\d.]+) % of the weights: ([\d.]+) % right; .* ([\d.]+) %",
                          self.runs("own_mask.py", 300, 0.02))
        self.assertEqual([(row[0], row[1]) for row in rows], [("saliency", "2.00"), ("magnitude", "2.00"), ("random", "2.00")])
        self.assertEqual(rows[0][3], "100.0")
        self.assertLess(float(rows[2][3]), 10)

    def test_page(self):
        snippets = snippets_of_pages()
        self.assertGreater(len(snippets), 8)
        (self.place / "page.py").write_text("\n".join(snippet for snippet in snippets if "torch" not in snippet),
                                            encoding="utf-8")
        code, output, errors = self.run_python("page.py")
        self.assertEqual((code, errors), (0, ""), output + errors)
