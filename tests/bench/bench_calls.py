#!/usr/bin/env python3
"""What examples/python/lottery.py adds to the library's own calls, by processor time: to a step the time before and after
the C function, less what the clock takes there; to run the difference to one call of C. In turns; medians and quartiles. A
step of a large network leaves the caches cold, and then Python is slow, the more so on a loaded machine. Run by the
python3 that has numpy. Not part of the tests.

  bench_calls.py SHARED_LIBRARY"""
import os
import pathlib
import sys
import time
from ctypes import byref, c_double

if len(sys.argv) != 2:
    sys.exit(__doc__)
os.environ["LOTTERY_LIBRARY"] = str(pathlib.Path(sys.argv[1]).resolve())
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"))
import numpy as np  # noqa: E402

import lottery  # noqa: E402

now, in_c = time.thread_time_ns, [0, 0]
step_of_c, run_of_c = lottery.raw.lottery_trainer_step, lottery.raw.lottery_trainer_run


def timed(*arguments):
    in_c[0] = now()
    status = step_of_c(*arguments)
    in_c[1] = now()
    return status


def shown(values, scale=1.0):
    low, middle, high = np.percentile(values, (25, 50, 75)) * scale
    return f"{middle:+.2f} ({low:+.2f} to {high:+.2f})"


lottery._step = timed
for preset, density, steps in (("mlp-2-2", 1, 20000), ("lenet-300-100", 0.05, 3000), ("lenet-300-100", 1, 1000)):
    network = lottery.Network(preset, seed=1)
    width, outputs = network.sizes
    inputs = np.random.default_rng(1).random((6000, width), np.float32)
    labels = (np.arange(6000) % outputs).astype(np.int32)
    network.mask = lottery.Pruner(density=density).apply(network)
    trainer = lottery.Trainer(network, lottery.Dataset(inputs, labels, classes=outputs), seed=2)
    for kind in (np.int32, np.int64):
        batch, answers, added, call = inputs[:60], labels[:60].astype(kind), [], []
        bare = (trainer._pointer, 60, batch.ctypes.data, labels.ctypes.data, None, byref(c_double()))
        for _ in range(steps):
            start = now()
            timed(*bare)
            clock = now() - start - (in_c[1] - in_c[0])
            start = now()
            trainer.step(batch, answers)
            added.append(now() - start - (in_c[1] - in_c[0]) - clock)
            call.append(in_c[1] - in_c[0])
        print(f"{preset}, density {density}, labels {kind.__name__}: a step {np.median(call) / 1e3:.1f} us in C, "
              f"{shown(added, 1e-3)} us outside", flush=True)
    differences, part = [], max(20, steps // 4)
    for turn in range(40):
        times = [0, 0]
        for way in (0, 1) if turn % 2 else (1, 0):
            start = now()
            if way:
                trainer.run(part)
            else:
                run_of_c(trainer._pointer, part, None, None, None)
            times[way] = now() - start
        differences.append(times[1] / times[0] - 1)
    print(f"  run against one call of C, {part} iterations: {shown(differences, 100)} %", flush=True)
