"""Writes a small made-up image set in MNIST's four files: ten classes, each a bright square at a place of its own, with
noise around it. Anything that learns learns it."""
import pathlib
import random
import struct
import sys


def images_and_labels(count, seed):
    source = random.Random(seed)
    images = bytearray()
    labels = bytearray()
    quartered = bytes(value >> 2 for value in range(256))
    for _ in range(count):
        label = source.randrange(10)
        image = bytearray(source.randbytes(784).translate(quartered))
        top, left = 2 + label // 4 * 9 + source.randrange(3), 1 + label % 4 * 7 + source.randrange(3)
        for y in range(top, top + 4):
            image[y * 28 + left:y * 28 + left + 4] = b"\xf0" * 4
        images += image
        labels.append(label)
    return bytes(images), bytes(labels)


def write(directory, sizes=(("train", 1200), ("t10k", 200))):
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for seed, (name, count) in enumerate(sizes):
        images, labels = images_and_labels(count, seed)
        (directory / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, count, 28, 28) + images)
        (directory / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, count) + labels)


if __name__ == "__main__":
    write(sys.argv[1])
