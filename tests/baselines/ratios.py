"""Prints what tests/compare.sh measured: medians, over the rounds, of ratios within a round, against the targets.

    python3 ratios.py RESULTS ROUNDS

RESULTS holds PROGRAM.ROUND files, the output of bench_step (library, avx512, avx2, parallel), torch_step.py (torch),
plain_step (plain) and of the prototype; those called …_normalised had inputs without zeros.
"""

import os
import statistics
import sys


def read(folder, program, number):
    """Lines as lists of words; None where the program did not run."""
    path = os.path.join(folder, f"{program}.{number}")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file if line.strip() and not line.startswith("#")]


def read_library(lines):
    """(kind, density) to microseconds; "bytes" and "mask" too."""
    values = {}
    for words in lines or []:
        if words[1] in ("evaluate", "ladder", "parallel"):
            values[words[1], words[2]] = float(words[3])
        else:
            values["step", words[1]] = float(words[2])
            values["mask", words[1]] = float(words[5])
            values["bytes", words[1]] = 1e3 * float(words[7])
    return values


def read_torch(lines):
    return {(words[0], words[1]): float(words[2]) for words in lines}


def read_plain(lines):
    return {words[0]: float(words[1]) for words in lines or []}


def read_prototype(lines):
    """Density in per cent, or "dense", to the fastest form's microseconds."""
    values = {}
    for words in lines or []:
        if words[0] != "Q" or words[1] == "eval10k":
            continue
        form = "dense" if words[1] == "dense" else words[3]
        values[form] = min(float(words[-2]), values.get(form, float("inf")))
    if "51.3%" in values:  # a user of the prototype takes the faster one
        values["51.3%"] = min(values["51.3%"], values["dense"])
    return values


class Rounds:
    """Ratios by name, collected round after round."""

    def __init__(self):
        self.values = {}

    def add(self, name, value):
        self.values.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self.values[name]) if name in self.values else None


def collect(folder, count):
    rounds = Rounds()
    for number in range(1, count + 1):
        library = read_library(read(folder, "library", number))
        torch = read_torch(read(folder, "torch", number))
        plain = read_plain(read(folder, "plain", number))
        prototype = read_prototype(read(folder, "prototype", number))
        sets = [read_library(read(folder, name, number)) for name in ("avx512", "avx2")]
        parallel = read_library(read(folder, "parallel", number))
        densities = [density for kind, density in library if kind == "step"]
        for density in densities:
            step = library["step", density]
            rounds.add(("step", density), step)
            rounds.add(("torch", density), torch["dense" if density == "1.000" else "prune", density] / step)
            rounds.add(("masked", density), torch["masked", density] / step)
            rounds.add(("evaluate", density), torch["evaluate", density] / library["evaluate", density])
            if plain:
                rounds.add(("plain", density), plain["dense" if density == "1.000" else "masked"] / step)
            form = "dense" if density == "1.000" else f"{100 * float(density):.1f}%"
            if form in prototype:
                rounds.add(("prototype", density), prototype[form] / step)
            if density != "1.000":
                rounds.add(("mask", density), library["mask", density] / library["step", "1.000"])
        collect_normalised(rounds, folder, number)
        rounds.add("ladder", torch["ladder", "21"] / library["ladder", "21"])
        rounds.add("bytes", library["bytes", "0.012"])
        for (kind, density), value in parallel.items():
            if kind == "parallel":
                rounds.add(("parallel", density), value)
        if all(sets):
            rounds.add("avx2", sets[0]["step", "0.101"] / sets[1]["step", "0.101"])
    return rounds


def collect_normalised(rounds, folder, number):
    library = read_library(read(folder, "library_normalised", number))
    torch = read_torch(read(folder, "torch_normalised", number) or [])
    plain = read_plain(read(folder, "plain_normalised", number))
    for density in [density for kind, density in library if kind == "step"]:
        step = library["step", density]
        rounds.add(("step_normalised", density), step)
        rounds.add(("torch_normalised", density), torch["dense" if density == "1.000" else "prune", density] / step)
        rounds.add(("masked_normalised", density), torch["masked", density] / step)
        if plain:
            rounds.add(("plain_normalised", density), plain["dense" if density == "1.000" else "masked"] / step)


def worst(rounds, kind, choose=min):
    """The smallest (or largest) of the medians of a kind over its densities, with its density."""
    found = [(rounds.median(name), name[1]) for name in rounds.values if isinstance(name, tuple) and name[0] == kind]
    return choose(found) if found else (None, "")


def print_targets(rounds):
    prototype, prototype_density = worst(rounds, "prototype")
    parallel, parallel_density = worst(rounds, "parallel")
    mask, mask_density = worst(rounds, "mask", max)
    rows = [
        ("dense against PyTorch idiomatic", 2.4, 2.9, rounds.median(("torch", "1.000"))),
        ("10 % against PyTorch's pruning module", 15, 21, rounds.median(("torch", "0.101"))),
        ("3.7 %", 30, 43, rounds.median(("torch", "0.037"))),
        ("1.2 %", 58, 85, rounds.median(("torch", "0.012"))),
        ("sum over the 21 levels", 9, 12, rounds.median("ladder")),
        (f"prototype's step, worst density {prototype_density}", 0.95, 1.2, prototype),
        ("evaluating 10,000 images, dense", 1.15, 1.35, rounds.median(("evaluate", "1.000"))),
        (f"two trials on two cores, worst density {parallel_density}", 1.9, 2.0, parallel),
        ("AVX2 against AVX-512, 10 %", 0.5, 0.6, rounds.median("avx2")),
    ]
    print(f"\n{'target':48} {'required':>8} {'ambitious':>9} {'measured':>8}")
    missed = 0
    for name, required, ambitious, measured in rows:
        if measured is None:
            print(f"{name:48} {required:7}x {ambitious:8}x {'-':>8}")
            continue
        verdict = "missed" if measured < required else "ambitious" if measured >= ambitious else "required"
        missed += measured < required
        print(f"{name:48} {required:7}x {ambitious:8}x {measured:7.2f}x {verdict}")
    for name, limit, measured, unit in (
        ("peak memory of a trial at 1.2 %, below", 8, 1e-6 * rounds.median("bytes"), "MB"),
        (f"setting a mask, in dense steps, worst {mask_density}", 20, mask, ""),
    ):
        missed += measured >= limit
        print(f"{name:48} {limit:8} {'':9} {measured:8.2f} {unit} {'missed' if measured >= limit else 'held'}")
    return missed


def print_densities(rounds):
    def densities(kind):
        return [name[1] for name in rounds.values if isinstance(name, tuple) and name[0] == kind]

    def ratio(kind, density):
        value = rounds.median((kind, density))
        return "-" if value is None else f"{value:.2f}"

    print("\nlibrary's step in microseconds; how many times longer the others take")
    print(f"{'density':>7} {'step':>8} {'PyTorch':>8} {'masked':>8} {'plain C':>8} {'prototype':>9} {'evaluation':>10}")
    for density in densities("step"):
        print(
            f"{density:>7} {rounds.median(('step', density)):8.1f} {ratio('torch', density):>8}"
            f" {ratio('masked', density):>8} {ratio('plain', density):>8} {ratio('prototype', density):>9}"
            f" {ratio('evaluate', density):>10}"
        )
    print("\nthe same with inputs that have no zeros")
    print(f"{'density':>7} {'step':>8} {'PyTorch':>8} {'masked':>8} {'plain C':>8}")
    for density in densities("step_normalised"):
        print(
            f"{density:>7} {rounds.median(('step_normalised', density)):8.1f} {ratio('torch_normalised', density):>8}"
            f" {ratio('masked_normalised', density):>8} {ratio('plain_normalised', density):>8}"
        )
    for density in densities("parallel"):
        print(f"two trials side by side at {density}: {rounds.median(('parallel', density)):.2f}x")


def main():
    rounds = collect(sys.argv[1], int(sys.argv[2]))
    missed = print_targets(rounds)
    print_densities(rounds)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
