#!/usr/bin/env python3
"""Writes the inputs that the fuzz targets begin with, a folder each.
   make_corpus.py DIRECTORY"""
import gzip
import json
import os
import pathlib
import struct
import sys


def idx(sizes, elements, kind=8):
    return bytes([0, 0, kind, len(sizes)]) + b"".join(struct.pack(">I", size) for size in sizes) + bytes(elements)


def pair(images, labels=b"", fail_at=0):
    return bytes([fail_at]) + struct.pack("<I", len(images)) + images + labels


def pack(data):
    return gzip.compress(data, mtime=0)


def idx_inputs():
    pixels = [i * 37 % 256 for i in range(24)]
    images, flat, colour = idx([4, 2, 3], pixels), idx([4, 6], pixels), idx([4, 3, 2, 1], pixels)
    labels = idx([4], [3, 0, 9, 1])
    yield pair(images, labels)
    yield pair(images)
    yield pair(flat, idx([4], [255, 0, 1, 2]))
    yield pair(colour, labels)
    yield pair(pack(images), pack(labels))
    yield pair(pack(images[:20]) + pack(images[20:]), labels)
    yield pair(pack(images)[:-9], labels)
    yield pair(pack(images) + b"more", labels)
    yield pair(pack(idx([1000, 28, 28], bytes(784000))), labels)
    yield pair(idx([2, 1 << 31, 1 << 31], pixels))
    yield pair(idx([4, 2, 3], pixels, 0x0D), labels)
    for fail_at in range(1, 9):
        yield pair(pack(images), pack(labels), fail_at)


def npy(dictionary, values, version=1):
    dictionary += b" " * (-(len(dictionary) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(dictionary)) + \
        dictionary + values


def npy_inputs():
    for descr, size in (b"'<f4'", 4), (b"'|u1'", 1), (b"'<i8'", 8), (b"'>f4'", 4), (b"[('a', '<f4')]", 4), (b"'<f2'", 2), \
            (b"'>f8'", 8), (b"'|b1'", 1), (b"'>i2'", 2), (b"'<u8'", 8):
        for shape, count in (b"()", 1), (b"(3,)", 3), (b"(2, 3)", 6), (b"(0, 5)", 0), (b"(1, 1, 1, 1, 1, 1, 1, 2)", 2):
            for version in 1, 2, 3:
                for order in b"False", b"True":
                    yield npy(b"{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape),
                              bytes(range(count * size)), version)
    yield npy(b'{"shape":(4294967296,4294967296),"fortran_order":False,"descr":"<f4"}', b"")


def safetensors(header, data=b""):
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def archive_inputs():
    golden = pathlib.Path(__file__).resolve().parents[1] / "golden" / "archive-1.safetensors"
    whole = golden.read_bytes()
    for fail_at in 0, 1, 2, 5, 9, 20, 40, 80, 160:
        yield bytes([fail_at]) + whole
    graph = json.dumps({"nodes": [{"kind": "input", "shape": [2]}, {"kind": "dense", "inputs": [0], "units": 2}], "output": 1})
    arrays, data = {}, b""
    for name, kind, shape, content in (("n.fc1.weight", "F32", [2, 2], bytes(16)), ("n.fc1.bias", "F32", [2], bytes(8)),
                                       ("t.fc1.weight.rows", "I64", [3], struct.pack("<3q", 0, 1, 1)),
                                       ("t.fc1.weight.values", "F32", [1], bytes(4)), ("t.fc1.bias", "F32", [2], bytes(8)),
                                       ("t.fc1.weight.columns", "U16", [1], bytes(2)), ("m.fc1.weight", "U8", [1], b"\5")):
        arrays[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    texts = {"lottery.format": "1", "lottery.kind.n": "network", "lottery.graph.n": graph, "lottery.kind.t": "ticket",
             "lottery.graph.t": graph, "lottery.kind.m": "mask", "lottery.text.x": "\u00e9", "lottery.kind.x": "text",
             "lottery.tensors.m": '[{"name":"fc1.weight","shape":[2,2]}]'}
    yield b"\0" + safetensors({"__metadata__": texts, **arrays}, data)
    yield b"\0" + safetensors(arrays, data)
    yield from trainer_inputs(graph)
    yield b"\0" + safetensors({})


def trainer_inputs(graph):
    options = {"optimiser": "sgd", "loss": "cross_entropy", "batch_size": 60, "learning_rate": [1, -4], "momentum": [1, -1],
               "nesterov": 0, "beta1": [1, -1], "beta2": [1, -1], "epsilon": [1, -30], "weight_decay": [0, 0],
               "decay_biases": 0, "warmup": 0, "milestones": [3, 5], "milestone_factor": [1, -3], "progress_interval": 100}
    trainer = {"instruction_set": "avx2", "examples": 0, "options": options, "network": {"crossover": [-1, 0]},
               "masked": 1, "gradient": "given", "slots": 3, "optimiser_steps": 4, "iteration": 4, "batch": 0, "seed": 1,
               "has_loss": 1, "loss": [1, 0]}
    arrays, data = {}, b""
    for suffix in "", ".first", ".gradient":
        for name, shape in (("r.fc1.weight", [2, 2]), ("r.fc1.bias", [2])):
            count = 4 * 2 ** len(shape)
            arrays[name + suffix] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + count]}
            data += bytes(count)
    arrays["r.fc1.weight.mask"] = {"dtype": "U8", "shape": [1], "data_offsets": [len(data), len(data) + 1]}
    texts = {"lottery.format": "1", "lottery.kind.r": "trainer", "lottery.graph.r": graph,
             "lottery.trainer.r": json.dumps(trainer)}
    for fail_at in 0, 10, 20, 30, 40:
        yield bytes([fail_at]) + safetensors({"__metadata__": texts, **arrays}, data + b"\5")


for name, inputs in ("idx", idx_inputs()), ("npy", npy_inputs()), ("archive", archive_inputs()):
    folder = os.path.join(sys.argv[1], name)
    os.makedirs(folder, exist_ok=True)
    for number, content in enumerate(inputs):
        with open(os.path.join(folder, f"seed-{number:03}"), "wb") as file:
            file.write(content)
