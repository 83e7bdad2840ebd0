#!/usr/bin/env python3
"""Exchanges .npy files with NumPy both ways, through ctypes.
   npy.py SHARED_LIBRARY      exit code 77: there is no NumPy"""
import ctypes
import itertools
import os
import sys
import tempfile

try:
    import numpy
except ImportError:
    system = "/usr/bin/python3"  # the one that Debian's python3-numpy is for
    if os.path.realpath(sys.executable) != os.path.realpath(system) and os.path.exists(system):
        os.execv(system, [system] + sys.argv)
    print("no python3 with numpy (Debian: python3-numpy)")
    sys.exit(77)

library = ctypes.CDLL(sys.argv[1])
pointer, integer, long = ctypes.c_void_p, ctypes.c_int32, ctypes.c_int64
library.lottery_context_create.argtypes = [pointer]
library.lottery_context_destroy.argtypes = [pointer]
library.lottery_context_message.argtypes = [pointer, pointer, long, pointer]
library.lottery_npy_save.argtypes = [pointer, ctypes.c_char_p, integer, integer, pointer, pointer, long]
library.lottery_npy_describe.argtypes = [pointer, ctypes.c_char_p, pointer, pointer, long, pointer, pointer]
library.lottery_npy_load.argtypes = [pointer, ctypes.c_char_p, integer, pointer, long]
ELEMENTS = {"float32": 0, "uint8": 1, "int64": 2}
FORMAT = -7

context = pointer()
assert library.lottery_context_create(ctypes.byref(context)) == 0


def message():
    text = ctypes.create_string_buffer(1024)
    library.lottery_context_message(context, text, len(text), None)
    return text.value.decode()


def must(status):
    assert status == 0, message()


def save(path, array):
    shape = (long * 8)(*array.shape)
    must(library.lottery_npy_save(context, path.encode(), ELEMENTS[array.dtype.name], array.ndim, shape,
                                  array.ctypes.data, array.size))


def load(path):
    element, count, shape, rank = integer(), long(), (long * 8)(), integer()
    must(library.lottery_npy_describe(context, path.encode(), ctypes.byref(element), ctypes.byref(count), 8, shape,
                                      ctypes.byref(rank)))
    name = next(name for name, number in ELEMENTS.items() if number == element.value)
    array = numpy.empty(tuple(shape[:rank.value]), name)
    assert array.size == count.value
    must(library.lottery_npy_load(context, path.encode(), element, array.ctypes.data, array.size))
    return array


def refused(path, *texts):
    element, shape, rank = integer(), (long * 8)(), integer()
    status = library.lottery_npy_describe(context, path.encode(), ctypes.byref(element), None, 8, shape,
                                          ctypes.byref(rank))
    assert status == FORMAT, status
    assert all(text in message() for text in texts), message()


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


random = numpy.random.default_rng(1)
shapes = [(), (0,), (1,), (7,), (3, 4), (0, 5), (2, 3, 4), (1, 1, 1, 1), (5, 1, 2, 1, 3, 1, 2, 1), (300, 784)]
with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "array.npy")
    exchanged = 0
    for name, shape in itertools.product(ELEMENTS, shapes):
        bits = random.integers(0, 256, (numpy.prod(shape, dtype=int), numpy.dtype(name).itemsize), numpy.uint8)
        array = bits.reshape(-1).view(name).reshape(shape)  # any bits: infinite and not numbers, too
        save(path, array)
        assert same(numpy.load(path), array), (name, shape)
        assert os.path.getsize(path) % 64 == array.nbytes % 64
        numpy.load(path, mmap_mode="r")
        for version in ((1, 0), (2, 0), (3, 0)):
            with open(path, "wb") as file:
                numpy.lib.format.write_array(file, array, version)
            assert same(load(path), array), (name, shape, version)
            exchanged += 1
    # Other types, orders of bytes and of elements: what NumPy's astype makes of them, in the element that is described.
    numbers = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
    for name, order, shape, fortran in itertools.product(numbers, "<>", shapes, (False, True)):
        kind = numpy.dtype(order + name)
        bits = random.integers(0, 2 if name == "?" else 128, (numpy.prod(shape, dtype=int), kind.itemsize), numpy.uint8)
        if name == "f8":  # finite float32, normal and subnormal, and what is a little off them
            with numpy.errstate(over="ignore", under="ignore"):
                array = bits[:, :4].copy().view("<f4").reshape(shape).astype(kind) * kind.type(1 + 2.0 ** -30)
        else:
            array = bits.reshape(-1).view(kind).reshape(shape)
        array = numpy.asfortranarray(array) if fortran else array
        numpy.save(path, array)
        wanted = "float32" if name[0] == "f" else "uint8" if name in ("?", "u1") else "int64"
        with numpy.errstate(over="ignore", under="ignore", invalid="ignore"):
            assert same(load(path), numpy.ascontiguousarray(array.astype(wanted)).reshape(array.shape)), (kind, shape, fortran)
        exchanged += 1
    matrix = numpy.arange(6.0).reshape(2, 3)
    for other in (matrix.astype(complex), matrix.astype("U3"), matrix.astype("<M8[D]"), matrix.astype(numpy.longdouble)):
        numpy.save(path, other)
        refused(path, "expected elements", repr(other.dtype.str))
    numpy.save(path, numpy.zeros(2, [("weight", "<f4"), ("kept", "|u1")]))
    refused(path, "found [('weight', '<f4')")
    numpy.save(path, numpy.array([None, 1]), allow_pickle=True)
    refused(path, "found '|O'")
    numpy.save(path, numpy.zeros([1] * 9, numpy.float32))
    refused(path, "at most 8 dimensions")
library.lottery_context_destroy(context)
print(f"{exchanged} arrays exchanged with NumPy {numpy.__version__}")
