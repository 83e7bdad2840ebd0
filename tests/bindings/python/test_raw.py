"""The raw layer against the header: no function, constant or callback is missing or other than there, and statuses all
have an exception."""
import ctypes
import re
import unittest

from support import lottery, top

import read_header

KINDS = {"int32_t": ctypes.c_int32, "lottery_status": ctypes.c_int32, "int64_t": ctypes.c_int64, "double": ctypes.c_double,
         "uint64_t": ctypes.c_uint64, "const char *": ctypes.c_char_p, "void": None}
header = (top / "include" / "lottery.h").read_text(encoding="utf-8")
plain = re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)
functions = [function for section in read_header.read_header() for block in section.blocks
             for function in block.functions]
constants = {name: int(value) for name, value in re.findall(r"\b(LOTTERY_\w+)\s*=\s*(-?\d+)", plain)}


def kind_of(text):
    """The ctypes type of a C type."""
    if text in KINDS:
        return KINDS[text]
    assert text.endswith("*") or re.fullmatch(r"lottery_\w+", text), text
    return ctypes.c_void_p


class Raw(unittest.TestCase):
    def test_header_is_understood(self):
        self.assertEqual({function.name for function in functions}, set(re.findall(r"\b(lottery_\w+)\(", plain)))
        self.assertGreater(len(functions), 100)
        self.assertEqual(set(constants), set(re.findall(r"\bLOTTERY_\w+", plain)) - {"LOTTERY_H"})

    def test_functions(self):
        for function in functions:
            with self.subTest(function.name):
                bound = getattr(lottery.raw, function.name)
                self.assertEqual(bound.argtypes, [kind_of(kind) for kind, _ in function.parameters])
                self.assertEqual(bound.restype, kind_of(function.returns))
        known = {f"lottery_{name}" for name in re.findall(r"(\w+)\(", lottery._FUNCTIONS)}
        self.assertEqual(known, {function.name for function in functions})

    def test_constants(self):
        for name, value in constants.items():
            self.assertEqual(getattr(lottery.raw, name), value, name)
        known = {name for name in vars(lottery.raw) if name.startswith("LOTTERY_")}
        self.assertEqual(known, set(constants))

    def test_callbacks(self):
        found = re.findall(r"typedef ([\w ]+\**)\s*\(\*(lottery_\w+)\)\(([^()]*)\)", plain)
        self.assertEqual({f"lottery_{name}" for name in re.findall(r"(\w+)\(", lottery._CALLBACKS)}, {name for _, name, _ in found})
        for result, name, parameters in found:
            kinds = [kind_of(" ".join(re.fullmatch(r"\s*(.*?)\w+\s*", text, re.DOTALL)[1].split()))
                     for text in parameters.split(",")]
            self.assertEqual(getattr(lottery.raw, name)._argtypes_, tuple(kinds), name)
            self.assertEqual(getattr(lottery.raw, name)._restype_, kind_of(result.strip()), name)

    def test_every_error_has_its_exception(self):
        statuses = {value for name, value in constants.items() if name.startswith("LOTTERY_ERROR_")}
        self.assertEqual({status for status in lottery.errors if status < 0}, statuses)
        self.assertEqual(len(set(lottery.errors.values())), len(lottery.errors))
        for status, error in lottery.errors.items():
            self.assertTrue(issubclass(error, lottery.LotteryError))
            self.assertEqual(error.status, status)
        for error, base in [(lottery.ArgumentError, ValueError), (lottery.ShapeError, ValueError),
                            (lottery.OutOfMemory, MemoryError), (lottery.FileError, OSError),
                            (lottery.StateError, RuntimeError), (lottery.NotFiniteError, ArithmeticError)]:
            self.assertTrue(issubclass(error, base))
        with self.assertRaisesRegex(lottery.LotteryError, "unknown status"):  # of a later release
            lottery._judge(-9999)

    def test_older_library(self):
        with self.assertRaisesRegex(AttributeError, "lottery_of_tomorrow is not in this version of liblottery, 0"):
            lottery.raw.lottery_of_tomorrow
