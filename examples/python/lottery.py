"""liblottery for NumPy and PyTorch, in one file of ctypes and numpy, without a compiler.

    import lottery
    training = lottery.Dataset(inputs, labels)             # arrays: float32 or uint8, [count, ...]; shared, not copied
    network = lottery.Network("lenet-300-100", seed=1)
    trainer = lottery.Trainer(network, training, seed=2, learning_rate=0.0012)
    initial, mask, pruner = trainer.snapshot(), network.mask, lottery.Pruner(rate=0.2)
    for level in range(10):
        trainer.rewind(initial, mask)
        trainer.run(1000)
        print(mask.density, trainer.evaluate(test).accuracy)
        mask = pruner.apply(network, mask)

Objects are released when nothing refers to them, in any order and any thread; `with` or close() releases one at once.
Errors are LotteryError and its subclasses, which are also a ValueError, MemoryError and so on. The library is
$LOTTERY_LIBRARY, or the one beside this file (in a wheel), or the one in the tree's build/, or the one that the loader
finds. `raw` holds the C functions and constants. lottery.h is the manual: shapes, formulas and promises are there, and
this file says only what differs."""
from __future__ import annotations

import collections.abc
import ctypes
import contextlib
import difflib
import enum
import errno
import inspect
import itertools
import math
import operator
import os
import pathlib
import re
import sys
import tempfile
import threading
import time
import warnings
import weakref
from ctypes import byref, c_char_p, c_double, c_int32, c_int64, c_uint64, c_void_p
from typing import Any, Callable, Iterator, Mapping, NamedTuple, Optional, Sequence, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
_RANK = 8  # no shape has more sizes
SLICE_SECONDS = 0.02  # processor time for which Trainer.run stays in C before it looks for Ctrl-C

# ---- The raw layer -------------------------------------------------------------------------------------------------
# name(parameters)result: h handle, i int32, l int64, u uint64, d double, s text, p any other pointer, f callback, v void.
# Without a letter the result is a status.
# made from include/lottery.h by examples/make_declarations.py: begin
_FUNCTIONS = """\
    version()s status_name(i)s
    context_create(p) context_create_with_allocator(ffpp) context_destroy(h)v context_retain(h) context_message(hplp)
    context_set_instruction_set(hi) context_get_instruction_set(hp) context_describe(hplp) context_memory(hpp)
    context_cancel(h)v context_resume(h)v
    option_count(p) option_describe(lpppppppp) option_choice(ilp)
    network_create(hp) network_preset(hsp) network_copy(hp) network_destroy(h)v network_input(hipp) network_dense(hilp)
    network_relu(hip) network_tanh(hip) network_sigmoid(hip) network_add(hiip) network_node_set_integer(hiil)
    network_node_get_integer(hiip) network_node_shape(hilpp) network_node_count(hp) network_node_kind(hip)
    network_node_inputs(hilpp) network_node_tensors(hilpp) network_node_attribute_count(hip)
    network_node_attribute(hilpp) network_finish(hi) network_output(hp) network_sizes(hpp) network_initialise(hiu)
    network_tensor_count(hp) network_tensor_name(hlplp) network_tensor_find(hsp) network_tensor_shape(hllpp)
    network_set_real(hid) network_get_real(hip) network_tensor_form(hlpp) network_tensor_prunable(hlp)
    network_read_tensor(hlpl) network_write_tensor(hlpl) network_set_mask(hh) network_get_mask(hp)
    network_check_mask(hhpp) network_predict(hlpp) network_evaluate(hhipp) network_snapshot(hp) network_restore(hh)
    dataset_create(hlipipddifpp) dataset_destroy(h)v dataset_retain(h) dataset_with_labels(hlplp)
    dataset_with_targets(hlplp) dataset_load_idx(hssp) dataset_split(hlupp) dataset_subset(hplp)
    dataset_shuffle_labels(hup) dataset_relabel(hlplp) dataset_statistics(hlpp) dataset_normalise(hlppp)
    dataset_sizes(hppp) dataset_shape(hlpp) dataset_read(hllpp) dataset_target_width(hp) dataset_read_targets(hllp)
    mask_ones(hp) mask_destroy(h)v mask_retain(h) mask_replace(hlplp) mask_read(hlpl) mask_tensor_count(hp)
    mask_tensor_name(hlplp) mask_tensor_shape(hllpp) mask_kept(hlpp) mask_dead(hlpp) mask_intersect(hhp) mask_unite(hhp)
    mask_subtract(hhp) mask_complement(hp) mask_hamming(hhp) mask_jaccard(hhp) mask_shuffle(hup) mask_transfer(hhp)
    snapshot_destroy(h)v snapshot_retain(h) snapshot_contents(hp) snapshot_iteration(hp) snapshot_tensor_count(hp)
    snapshot_tensor_name(hlplp) snapshot_tensor_shape(hllpp) snapshot_read(hlipl)
    pruner_create(hp) pruner_destroy(h)v pruner_set_integer(hil) pruner_get_integer(hip) pruner_set_real(hid)
    pruner_get_real(hip) pruner_set_tensor_rate(hsd) pruner_tensor_rate_count(hp) pruner_tensor_rate_name(hlplp)
    pruner_tensor_rate(hlp) pruner_amount(hp) pruner_apply(hhhp) pruner_apply_scores(hhhplp) pruner_preview(hhhlppp)
    trainer_create(hhup) trainer_destroy(h)v trainer_set_integer(hil) trainer_get_integer(hip) trainer_set_real(hid)
    trainer_get_real(hip) trainer_set_reals(hipl) trainer_get_reals(hilpp) trainer_run(hlfpp) trainer_step(hlpppp)
    trainer_gradient(hlpppp) trainer_apply(h) trainer_gradient_count(hp) trainer_read_gradient(hpl)
    trainer_write_gradient(hpl) trainer_read_tensor_gradient(hlpl) trainer_write_tensor_gradient(hlpl)
    trainer_forward(hlpp) trainer_backward(hlp) trainer_backward_inputs(hlpp) trainer_evaluate(hhpp)
    trainer_iteration(hp) trainer_epoch_batches(hp) trainer_batch(hllpp) trainer_rate(hp) trainer_loss(hp)
    trainer_snapshot(hip) trainer_rewind(hhhi) trainer_get_optimiser_steps(hp) trainer_set_optimiser_steps(hl)
    trainer_read_optimiser(hlipl) trainer_write_optimiser(hlipl) trainer_reset(hi)
    npy_save(hsiippl) npy_describe(hspplpp) npy_load(hsipl)
    archive_create(hp) archive_destroy(h)v archive_set_integer(hil) archive_get_integer(hip) archive_count(hp)
    archive_name(hlplp) archive_kind(hsp) archive_add_network(hsh) archive_add_mask(hsh) archive_add_snapshot(hsh)
    archive_add_ticket(hshhh) archive_add_trainer(hsh) archive_add_text(hss) archive_add_array(hsiippl)
    archive_remove(hs) archive_get_network(hsp) archive_get_mask(hshp) archive_get_snapshot(hshp)
    archive_get_ticket(hsppp) archive_restore_trainer(hshi) archive_get_text(hsplp) archive_array_shape(hsplpp)
    archive_get_array(hsipl) archive_metadata_count(hp) archive_metadata_key(hlplp) archive_get_metadata(hsplp)
    archive_set_metadata(hss) archive_save(hs) archive_write(hfp) archive_load(hs) archive_load_memory(hpl)
    archive_read(hfp)"""
_CALLBACKS = """\
    allocate(llp)p release(pllp)v dataset_release(p)v progress(ldp)i write(plp)l read(plp)l"""
_CONSTANTS = """\
    OK=0 CANCELLED=1 STOPPED=2 PARTIAL=3 UNCHANGED=4 ERROR_ARGUMENT=-1 ERROR_HANDLE=-2 ERROR_MEMORY=-3 ERROR_STATE=-4
    ERROR_SHAPE=-5 ERROR_FILE=-6 ERROR_FORMAT=-7 ERROR_NOT_FINITE=-8 ERROR_UNSUPPORTED=-9 ERROR_MASK=-10
    INSTRUCTION_SET_AUTOMATIC=0 INSTRUCTION_SET_PORTABLE=1 INSTRUCTION_SET_AVX2=2 INSTRUCTION_SET_AVX512=3
    INSTRUCTION_SET_NEON=4
    HANDLE_NODE=1 HANDLE_TRAINER=2 HANDLE_PRUNER=3 HANDLE_NETWORK=4 HANDLE_ARCHIVE=5
    TYPE_INTEGER=1 TYPE_REAL=2 TYPE_REALS=3 TYPE_CHOICE=4
    NODE_BIAS=100
    TRAINER_OPTIMISER=200 TRAINER_LOSS=201 TRAINER_BATCH_SIZE=202 TRAINER_LEARNING_RATE=203 TRAINER_MOMENTUM=204
    TRAINER_NESTEROV=205 TRAINER_BETA1=206 TRAINER_BETA2=207 TRAINER_EPSILON=208 TRAINER_WEIGHT_DECAY=209
    TRAINER_DECAY_BIASES=210 TRAINER_WARMUP=211 TRAINER_MILESTONES=212 TRAINER_MILESTONE_FACTOR=213
    TRAINER_PROGRESS_INTERVAL=214
    PRUNER_CRITERION=300 PRUNER_SCOPE=301 PRUNER_RATE=302 PRUNER_OUTPUT_FACTOR=303 PRUNER_COUNT=304 PRUNER_DENSITY=305
    PRUNER_SEED=306
    NETWORK_CROSSOVER=400
    ARCHIVE_HEADER_LIMIT=500 ARCHIVE_BYTE_LIMIT=501
    OPTIMISER_SGD=0 OPTIMISER_ADAM=1
    LOSS_CROSS_ENTROPY=0 LOSS_MEAN_SQUARED_ERROR=1
    CRITERION_MAGNITUDE=0 CRITERION_RANDOM=1
    SCOPE_LAYERWISE=0 SCOPE_GLOBAL=1
    INITIALISE_GLOROT_NORMAL=0 INITIALISE_GLOROT_UNIFORM=1 INITIALISE_KAIMING_NORMAL=2 INITIALISE_KAIMING_UNIFORM=3
    FORM_DENSE=0 FORM_PACKED=1
    ELEMENT_FLOAT32=0 ELEMENT_UINT8=1 ELEMENT_INT64=2
    MEMORY_COPY=0 MEMORY_BORROW=1
    STATE_WEIGHTS=1 STATE_STATISTICS=2 STATE_OPTIMISER=4 STATE_POSITION=8 STATE_ALL=15
    SLOT_WEIGHT=0 SLOT_FIRST=1 SLOT_SECOND=2
    KIND_UNKNOWN=0 KIND_NETWORK=1 KIND_MASK=2 KIND_SNAPSHOT=3 KIND_TICKET=4 KIND_TEXT=5 KIND_ARRAY=6 KIND_TRAINER=7
    CONSENT_NONE=0 CONSENT_INSTRUCTION_SET=1"""
# made from include/lottery.h by examples/make_declarations.py: end
_TYPES = {"h": c_void_p, "i": c_int32, "l": c_int64, "u": c_uint64, "d": c_double, "s": c_char_p, "p": c_void_p,
          "f": c_void_p, "v": None}


def _load() -> ctypes.CDLL:
    folders = pathlib.Path(__file__).resolve().parents  # of a wheel, of a tree, or wherever the file was copied to
    places = [*folders[:1], *(folder / "build" for folder in folders[2:3])]
    found = [str(path) for folder in places if (path := folder / "liblottery.so.0").exists()]
    given = os.environ.get("LOTTERY_LIBRARY")
    try:
        library = ctypes.CDLL(given or (found + ["liblottery.so.0"])[0])
        library.lottery_version  # some other library has no such function
        return library
    except OSError as error:
        asked = f"LOTTERY_LIBRARY={given}: {error}. Set it" if given else (
            f"{error}. Build it (cmake -S . -B build && cmake --build build), install it where the loader looks "
            "(LD_LIBRARY_PATH, ldconfig), or set LOTTERY_LIBRARY")
        raise ImportError(f"liblottery could not be loaded: {asked} to the path of liblottery.so.0") from None
    except AttributeError:
        raise ImportError(f"{library._name} is not liblottery: it has no lottery_version. Set LOTTERY_LIBRARY to the path "
                          "of liblottery.so.0") from None


class _Raw:
    """lottery.h through ctypes: functions lottery_…, constants LOTTERY_… and types of callbacks, by their C names."""

    def __init__(self) -> None:
        self.library = _load()
        for name, parameters, result in re.findall(r"(\w+)\((\w*)\)(\w?)", _FUNCTIONS):
            function = getattr(self.library, f"lottery_{name}", None)  # an older library may lack it
            if function is not None:
                function.argtypes = [_TYPES[letter] for letter in parameters]
                function.restype = _TYPES[result] if result else c_int32
                setattr(self, f"lottery_{name}", function)
        for name, parameters, result in re.findall(r"(\w+)\((\w*)\)(\w)", _CALLBACKS):
            setattr(self, f"lottery_{name}", ctypes.CFUNCTYPE(_TYPES[result], *(_TYPES[letter] for letter in parameters)))
        for name, value in re.findall(r"(\w+)=(-?\d+)", _CONSTANTS):
            setattr(self, f"LOTTERY_{name}", int(value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("lottery_"):
            version = self.library.lottery_version().decode()
            raise AttributeError(f"{name} is not in this version of liblottery, {version}")
        raise AttributeError(name)


def _named(prefix: str) -> dict[str, int]:
    """The constants LOTTERY_PREFIX_…, by the rest of their names in lower case."""
    return {name.lower(): int(value) for name, value in re.findall(rf"\b{prefix}_(\w+)=(-?\d+)", _CONSTANTS)}


def _name(prefix: str, value: int) -> str:
    """The name of a constant's value, in lower case."""
    return next(name for name, number in _named(prefix).items() if number == value)


raw: Any = _Raw()
version: str = raw.lottery_version().decode()
State = enum.IntFlag("State", [(name.upper(), value) for name, value in _named("STATE").items()], module=__name__)
State.__doc__ = "Parts of a trainer's state; | joins them."


# ---- Errors --------------------------------------------------------------------------------------------------------
class LotteryError(Exception):
    """A call failed. The text is the library's message, `status` its status. `done`: where Trainer.run failed, the
    iterations that it completed."""
    status: int = 0
    done: Optional[int] = None


class ArgumentError(LotteryError, ValueError):
    """An argument is out of its range or unknown."""


class HandleError(LotteryError, ValueError):
    """An object was used after it was closed."""


class OutOfMemory(LotteryError, MemoryError):
    """An allocation failed. Nothing has changed."""


class StateError(LotteryError, RuntimeError):
    """The call is not possible now."""


class ShapeError(LotteryError, ValueError):
    """Shapes, sizes or names that must agree do not."""


class FileError(LotteryError, OSError):
    """A file cannot be opened, read or written. `errno` is the system's number, if the system refused."""


class FileMissing(FileError, FileNotFoundError):
    """There is no such file or folder."""


class FormatError(LotteryError, ValueError):
    """A file's content is not what it must be."""


class NotFiniteError(LotteryError, FloatingPointError):
    """A loss or a value is infinite or not a number. No weight has changed."""


class UnsupportedError(LotteryError, NotImplementedError):
    """This machine or build cannot do it."""


class MaskError(LotteryError, ValueError):
    """A pruned weight is not zero."""


class Cancelled(LotteryError):
    """Trainer.run ended because of Context.cancel, after a whole iteration. To continue: Context.resume, then run."""


class PartialWarning(UserWarning):
    """The call succeeded, but some tensors did not match; the text lists them."""


class ScaleWarning(UserWarning):
    """uint8 values that look like 0 and 1 rather than 0 to 255 are divided by 255."""


class UnchangedWarning(UserWarning):
    """The call succeeded, but there was nothing to do: a pruner removed no weight."""


_WARNINGS = {raw.LOTTERY_PARTIAL: PartialWarning, raw.LOTTERY_UNCHANGED: UnchangedWarning}
_ERRORS = {"ARGUMENT": ArgumentError, "HANDLE": HandleError, "MEMORY": OutOfMemory, "STATE": StateError,
           "SHAPE": ShapeError, "FILE": FileError, "FORMAT": FormatError, "NOT_FINITE": NotFiniteError,
           "UNSUPPORTED": UnsupportedError, "MASK": MaskError}
errors = {getattr(raw, f"LOTTERY_ERROR_{name}"): error for name, error in _ERRORS.items()}  #: classes by status
errors[raw.LOTTERY_CANCELLED] = Cancelled
for _status, _error in errors.items():
    _error.status = _status


def _callers_level() -> int:
    """The stack level of the first line outside this file, which a warning names."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals is globals():
        frame, level = frame.f_back, level + 1
    return level


def _judge(status: int, context: Optional[Context] = None) -> int:
    """Raises the error of a status; PARTIAL and UNCHANGED are warnings."""
    if status < 0:
        text = context._words() if context is not None else ""
        system = re.search(r"\(error (\d+)\)$", text) if status == raw.LOTTERY_ERROR_FILE else None
        number = int(system[1]) if system else None
        kind = FileMissing if number == errno.ENOENT else errors.get(status, LotteryError)
        error = kind(text or raw.lottery_status_name(status).decode())
        if number is not None:
            error.errno = number
        error.status = status
        raise error
    if status in _WARNINGS and context is not None:
        warnings.warn(context._words(), _WARNINGS[status], stacklevel=_callers_level())
    return status


# ---- Arguments -----------------------------------------------------------------------------------------------------
def _integer(what: str, value: Any, bits: int = 64, signed: bool = True) -> int:
    """A whole number that fits into C's type: ctypes would silently cut off a larger one."""
    number = operator.index(bool(value) if isinstance(value, np.bool_) else value)
    low, high = (-2 ** (bits - 1), 2 ** (bits - 1) - 1) if signed else (0, 2 ** bits - 1)
    if not low <= number <= high:
        raise ArgumentError(f"{what}: {number} is outside {low} to {high}")
    return number


def _seed(value: Any) -> int:
    return _integer("seed", value, signed=False)


def _count_of(array: NDArray[Any], what: str) -> int:
    if array.ndim == 0:
        raise ShapeError(f"{what}: a single number, expected a row for each example")
    return array.shape[0]


# Other libraries' words.
_HABITS = {"mse": "mean_squared_error", "mseloss": "mean_squared_error", "l2": "mean_squared_error",
           "ce": "cross_entropy", "nll": "cross_entropy", "softmax": "cross_entropy", "crossentropyloss": "cross_entropy",
           "xavier": "glorot_normal", "he": "kaiming_normal", "xavier_normal": "glorot_normal",
           "xavier_uniform": "glorot_uniform", "he_normal": "kaiming_normal", "he_uniform": "kaiming_uniform",
           "adamw": "adam", "momentum": "sgd", "l1": "magnitude", "local": "layerwise", "lr": "learning_rate",
           "eps": "epsilon", "bs": "batch_size", "amount": "rate", "sparsity": "density", "gamma": "milestone_factor",
           "optimizer": "optimiser", "criterion": "loss"}


def _meant(value: str, known: Sequence[str]) -> str:
    """"; did you mean …?", or nothing."""
    word = value.lower().replace("-", "_").replace(" ", "_")
    habit = _HABITS.get(word)
    near = [habit] if habit in known else difflib.get_close_matches(word, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _constant(prefix: str, value: Union[str, int]) -> int:
    """A constant by its name in lower case, or by its number."""
    if not isinstance(value, str):
        return _integer(prefix.lower(), value, 32)
    known = _named(prefix)
    if value not in known:
        raise ArgumentError(f"{prefix.lower()}: {value!r} is none of {', '.join(known)}{_meant(value, list(known))}")
    return known[value]


def _bytes(what: str, text: Union[str, bytes, os.PathLike[Any]]) -> bytes:
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise ArgumentError(f"{what}: contains a zero byte")
    return encoded


def _array(values: ArrayLike, kind: Any) -> NDArray[Any]:
    """The values in C's type and order: the same memory if they have that already."""
    array = np.ascontiguousarray(values, kind)
    return array if array.flags.aligned else array.copy()


def _floats(what: str, values: ArrayLike, shape: Sequence[int]) -> Floats:
    array = _array(values, np.float32)
    if array.shape != tuple(shape):
        raise ShapeError(f"{what}: shape {array.shape}, expected {tuple(shape)}")
    return array


def _scale_of(given: NDArray[Any], scale: Optional[float]) -> float:
    """What inputs are multiplied with: uint8 is 0 to 255, every other type is plain numbers."""
    if scale is not None or given.dtype != np.uint8:
        return 1.0 if scale is None else float(scale)
    if given.size and given.max() == 1:
        warnings.warn("inputs: uint8 values are divided by 255, and these are only 0 and 1. Pass scale=1 if you mean these "
                      "numbers, or an array of bool", ScaleWarning, stacklevel=_callers_level())
    return 1.0 / 255


def _scaled(values: ArrayLike, scale: Optional[float]) -> Any:
    """The inputs of a batch as the network sees them, as Dataset reads them."""
    given = np.asarray(values)
    factor = _scale_of(given, scale)
    return given if factor == 1 else _array(given, np.float32) * np.float32(factor)


def _rows(what: str, values: ArrayLike, width: int, count: Optional[int] = None) -> Floats:
    """A batch [count, ...] whose rows have `width` elements."""
    array = _array(values, np.float32)
    rows = _count_of(array, what) if count is None else count
    if array.size != rows * width or array.shape[0] != rows:
        one = "; one example is a batch of one: x[None]" if array.shape == (width,) else ""
        raise ShapeError(f"{what}: shape {array.shape}, expected {rows} rows of {width}{one}")
    return array


def _labels(values: ArrayLike, count: int) -> NDArray[np.int32]:
    given = np.asarray(values)
    if given.dtype.kind not in "iub":
        raise TypeError(f"labels: {given.dtype}, expected whole numbers")
    array = _array(given, np.int32)
    if given.dtype != np.int32 and (given != array.reshape(given.shape)).any():
        raise ArgumentError("labels: a number does not fit into 32 bits")
    if array.shape != (count,):
        raise ShapeError(f"labels: shape {array.shape}, expected ({count},)")
    return array


def _text(function: Any, context: Optional[Context], *arguments: Any) -> str:
    capacity, needed = 256, c_int64()
    while True:
        buffer = ctypes.create_string_buffer(capacity)
        _judge(function(*arguments, buffer, capacity, byref(needed)), context)
        if needed.value <= capacity:
            return buffer.value.decode("utf-8", "replace")
        capacity = needed.value


# ---- Handles -------------------------------------------------------------------------------------------------------
class Handle:
    """What all objects have: close(), `with`, and a release when nothing refers to them."""
    __slots__ = ("_address", "_finalizer", "_lock", "__weakref__")
    _kind = ""

    def _own(self, context: Optional[Context], function: Any, *arguments: Any) -> None:
        """Creates the C object by function(*arguments, out)."""
        out = c_void_p()
        status = function(*arguments, byref(out))
        if status >= 0:
            self._take(out.value)
        _judge(status, context)

    def _take(self, address: Optional[int]) -> None:
        if not hasattr(self, "_lock"):
            self._lock: Any = _Lock() if self._alone else _FREE
        self._address = address
        self._finalizer = weakref.finalize(self, getattr(raw, f"lottery_{self._kind}_destroy"), address)
        self._finalizer.atexit = False  # the end of the process frees everything

    def _become(self, other: Handle) -> None:
        """Takes over the C object of the other one."""
        self.close()
        other._finalizer.detach()
        self._take(other._address)
        other._address = None

    @property
    def _pointer(self) -> int:
        address: Optional[int] = getattr(self, "_address", None)
        if address is None:
            raise HandleError(f"{self._kind}: closed")
        return address

    def close(self) -> None:
        """Releases the C object now. Objects that were made from it keep working."""
        if getattr(self, "_address", None) is not None:
            with self._lock:
                self._address = None
                self._finalizer()

    _alone = False  # C wants one thread at a time
    _instead = "make another one"  # of a copy

    def _summary(self) -> str:
        return ""

    def __repr__(self) -> str:
        name = type(self).__name__
        if getattr(self, "_address", None) is None:
            return f"{name}(closed)"
        try:
            return f"{name}({self._summary()})"
        except StateError:
            return f"{name}(not finished)"
        except LotteryError as error:
            return f"{name}({error})"

    def __enter__(self) -> Any:
        self._pointer
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied or pickled: {self._instead}")


class _Fixed:
    """What never changes is its own copy."""
    __slots__ = ()

    def __copy__(self) -> Any:
        self._pointer  # type: ignore[attr-defined]
        return self

    def __deepcopy__(self, _: Any) -> Any:
        return self.__copy__()


class _Lock:
    """Lets one thread at a time into C. A long run looks at `waiting` between its slices, to let others in."""
    __slots__ = ("lock", "waiting")

    def __init__(self) -> None:
        self.lock, self.waiting = threading.RLock(), []  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        if not self.lock.acquire(blocking=False):
            self.waiting.append(1)
            try:
                self.lock.acquire()
            finally:
                self.waiting.pop()

    def __exit__(self, *_: Any) -> None:
        self.lock.release()


_FREE = contextlib.nullcontext()  # of what any number of threads may use


class Memory(NamedTuple):
    """Bytes that the library has allocated through a context: now, and the most at any time."""
    bytes: int
    peak: int


class Context(Handle):
    """Allocator, messages, instruction set and cancelling. Each thread has its own, Context.current(), which is the
    default for new objects. Inside `with Context() as context:` that context is the current one.

    instruction_set: "automatic", "portable", "avx2", "avx512" or "neon"."""
    __slots__ = ("_kept",)
    _kind = "context"
    _local = threading.local()

    def __init__(self, instruction_set: Union[str, int] = "automatic") -> None:
        self._own(None, raw.lottery_context_create)
        self.instruction_set = instruction_set

    @staticmethod
    def current() -> Context:
        """The context of this thread."""
        stack: list[Context] = Context._local.__dict__.setdefault("stack", [])
        while stack and stack[-1]._address is None:  # closed by hand
            stack.pop()
        if not stack:
            stack.append(Context())
        return stack[-1]

    def __enter__(self) -> Context:
        self._pointer
        Context.current()
        Context._local.stack.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        Context._local.stack.remove(self)
        self.close()

    def close(self) -> None:
        """Nothing new can be made in the context. Objects that were made in it keep working, and its messages with
        them; the C object goes when nothing refers to this one."""
        self._address = None

    @property
    def context(self) -> Context:
        return self

    @property
    def message(self) -> str:
        """The message of the last error."""
        self._pointer
        return self._words()

    def _words(self) -> str:
        """The same, also after close()."""
        return _text(raw.lottery_context_message, None, self._kept)

    def _take(self, address: Optional[int]) -> None:
        super()._take(address)
        self._kept = address

    def _summary(self) -> str:
        return repr(self.instruction_set)

    _instead = "make another one by Context(instruction_set)"

    @property
    def instruction_set(self) -> str:
        """The instruction set of networks that are created from now on."""
        out = c_int32()
        _judge(raw.lottery_context_get_instruction_set(self._pointer, byref(out)), self)
        return _name("INSTRUCTION_SET", out.value)

    @instruction_set.setter
    def instruction_set(self, value: Union[str, int]) -> None:
        number = _constant("INSTRUCTION_SET", value)
        _judge(raw.lottery_context_set_instruction_set(self._pointer, number), self)

    @property
    def memory(self) -> Memory:
        """Bytes in use, and the most so far."""
        now, peak = c_int64(), c_int64()
        _judge(raw.lottery_context_memory(self._pointer, byref(now), byref(peak)), self)
        return Memory(now.value, peak.value)

    def describe(self) -> str:
        """The backend in one line: version, CPU, kernels."""
        return _text(raw.lottery_context_describe, self, self._pointer)

    def cancel(self) -> None:
        """Makes every Trainer.run of this context, in any thread, end with Cancelled, until resume()."""
        raw.lottery_context_cancel(self._pointer)

    def resume(self) -> None:
        """Takes a cancel back."""
        raw.lottery_context_resume(self._pointer)


class _Part(Handle):
    """A handle that was made in a context."""
    __slots__ = ("context",)

    def _make(self, context: Context, function: Any, *arguments: Any) -> None:
        self.context = context
        self._own(context, function, *arguments)

    def _call(self, function: Any, *arguments: Any) -> int:
        with self._lock:
            status = function(self._pointer, *arguments)
            return _judge(status, self.context) if status else status

    def _get(self, kind: Any, function: Any, *arguments: Any) -> Any:
        out = kind()
        self._call(function, *arguments, byref(out))
        return out.value

    def _text(self, function: Any, *arguments: Any) -> str:
        with self._lock:
            return _text(function, self.context, self._pointer, *arguments)

    def _derive(self, cls: Any, function: Any, *arguments: Any) -> Any:
        """A new object by function(self, *arguments, out)."""
        made = cls.__new__(cls)
        with self._lock:
            made._make(self.context, function, self._pointer, *arguments)
        return made


    def _several(self, classes: Sequence[Any], function: Any, *arguments: Any) -> list[Any]:
        """New objects of these classes by function(self, *arguments, out, ...)."""
        made, outs = [cls.__new__(cls) for cls in classes], [c_void_p() for _ in classes]
        self._call(function, *arguments, *map(byref, outs))
        for handle, out in zip(made, outs):
            handle.context = self.context
            handle._take(out.value)
        return made

    def _list(self, kind: Any, function: Any, *arguments: Any) -> tuple[Any, ...]:
        """What function(self, *arguments, capacity, array, count) gives."""
        count = c_int64()
        self._call(function, *arguments, 0, None, byref(count))
        values = (kind * count.value)()
        self._call(function, *arguments, count.value, values, byref(count))
        return tuple(values)

    def _read(self, function: Any, name: str, *arguments: Any, kind: Any = np.float32) -> Any:
        tensor, shape = self._find(name)  # type: ignore[attr-defined]
        values = np.empty(shape, kind)
        self._call(function, tensor, *arguments, values.ctypes.data, values.size)
        return values

    def _write(self, function: Any, name: str, values: ArrayLike, *arguments: Any) -> None:
        tensor, shape = self._find(name)  # type: ignore[attr-defined]
        array = _floats(name, values, shape)
        self._call(function, tensor, *arguments, array.ctypes.data, array.size)


def _pickled(item: Any) -> bytes:
    archive = Archive()
    archive["item"] = item
    return archive.to_bytes()


def _unpickled(data: bytes) -> Any:
    archive = Archive()
    archive.load_bytes(data)
    return archive["item"]


def _given(handle: Any, cls: type) -> int:
    return _checked(handle, cls)._pointer


def _checked(handle: Any, cls: type) -> Any:
    if not isinstance(handle, cls):
        raise TypeError(f"expected a {cls.__name__}, not {type(handle).__name__}")
    return handle


class _Tensors(_Part, collections.abc.Mapping):  # type: ignore[type-arg]
    """A mapping from the names of tensors to arrays, which are copies."""
    __slots__ = ("_shapes",)
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each tensor by name, in the library's order."""
        known: Optional[dict[str, tuple[int, ...]]] = getattr(self, "_shapes", None)
        if known is None:  # they never change once they are there
            prefix, known = f"lottery_{self._kind}_tensor_", {}
            shape, rank = (c_int64 * _RANK)(), c_int32()
            for tensor in range(self._get(c_int64, getattr(raw, prefix + "count"))):
                name = self._text(getattr(raw, prefix + "name"), tensor)
                self._call(getattr(raw, prefix + "shape"), tensor, _RANK, shape, byref(rank))
                known[name] = tuple(shape[:rank.value])
            self._shapes = known
        return dict(known)

    def _find(self, name: str) -> tuple[int, tuple[int, ...]]:
        shapes = self.shapes
        if name not in shapes:
            raise KeyError(name)
        return list(shapes).index(name), shapes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, name: object) -> bool:
        return name in self.shapes


# ---- Options: keyword arguments and attributes made from the library's table -------------------------------------------
class Option(NamedTuple):
    """A row of the library's table of options."""
    key: int
    handle: int
    type: int
    minimum: float
    maximum: float
    initial: float
    name: str
    meaning: str
    choices: tuple[str, ...]

    def shown(self, value: float) -> Any:
        """A value as Python shows it: a choice by its name, 0 or 1 as a bool."""
        if self.type == raw.LOTTERY_TYPE_CHOICE:
            return self.choices[int(value)]
        if self.type == raw.LOTTERY_TYPE_INTEGER:
            return bool(value) if (self.minimum, self.maximum) == (0, 1) else int(value)
        return () if self.type == raw.LOTTERY_TYPE_REALS else value

    @property
    def documentation(self) -> str:
        if self.choices:
            kind = " | ".join(map(repr, self.choices))
        elif self.type == raw.LOTTERY_TYPE_INTEGER and (self.minimum, self.maximum) == (0, 1):
            kind = "bool"
        else:
            name = {raw.LOTTERY_TYPE_INTEGER: "int", raw.LOTTERY_TYPE_REAL: "float"}.get(self.type, "floats")
            below = "below " if 0.999 < self.maximum < 1 else ""
            kind = f"{name}, {self.minimum:g} to {below}{self.maximum:g}"
        return f"{self.meaning} ({kind}; default {self.shown(self.initial)!r})"


def _table() -> list[Option]:
    count, rows = c_int64(), []
    _judge(raw.lottery_option_count(byref(count)))
    for index in range(count.value):
        out = [c_int32(), c_int32(), c_int32(), c_double(), c_double(), c_double(), c_char_p(), c_char_p()]
        _judge(raw.lottery_option_describe(index, *map(byref, out)))
        key, handle, kind, low, high, initial, name, meaning = (item.value for item in out)
        choices = []
        for value in range(int(low), int(high) + 1) if kind == raw.LOTTERY_TYPE_CHOICE else ():
            choice = c_char_p()
            _judge(raw.lottery_option_choice(key, value, byref(choice)))
            choices.append(choice.value.decode())
        rows.append(Option(key, handle, kind, low, high, initial, name.decode(), meaning.decode(), tuple(choices)))
    return rows


options: list[Option] = _table()  #: every option that there is


def _whole(option: Option, value: Any) -> int:
    if option.choices and isinstance(value, str):
        if value not in option.choices:
            raise ArgumentError(f"{option.name}: {value!r} is none of {', '.join(option.choices)}"
                                f"{_meant(value, option.choices)}")
        return option.choices.index(value)
    return _integer(option.name, value)


class _Optioned(_Part):
    """A handle with options. One thread at a time may use it: others wait."""
    _alone = True
    __slots__ = ()

    def _set_option(self, option: Option, value: Any) -> None:
        prefix = f"lottery_{self._kind}_set_"
        if option.type == raw.LOTTERY_TYPE_REALS:
            array = _array(value, np.float64)
            self._call(getattr(raw, prefix + "reals"), option.key, array.ctypes.data, array.size)
        elif option.type == raw.LOTTERY_TYPE_REAL:
            self._call(getattr(raw, prefix + "real"), option.key, float(value))
        else:
            self._call(getattr(raw, prefix + "integer"), option.key, _whole(option, value))

    def _get_option(self, option: Option) -> Any:
        prefix = f"lottery_{self._kind}_get_"
        if option.type == raw.LOTTERY_TYPE_REALS:
            return self._list(c_double, getattr(raw, prefix + "reals"), option.key)
        try:
            if option.type == raw.LOTTERY_TYPE_REAL:
                return self._get(c_double, getattr(raw, prefix + "real"), option.key)
            return option.shown(self._get(c_int64, getattr(raw, prefix + "integer"), option.key))
        except StateError:  # an option that was never set
            return None

    def set(self, **given: Any) -> None:
        """Sets options, in the order of the keywords."""
        for name, value in given.items():
            if name not in self._options:
                raise TypeError(f"{type(self).__name__} has no option {name!r}; it has {', '.join(self._options)}"
                                f"{_meant(name, list(self._options))}")
        for name, value in given.items():
            self._set_option(self._options[name], value)

    _options: dict[str, Option] = {}


def _with_options(cls: Any) -> Any:
    """Gives a class its options: the attributes, the signature, and the list that help() shows."""
    cls._options = {option.name: option for option in options
                    if option.handle == getattr(raw, f"LOTTERY_HANDLE_{cls._kind.upper()}")}
    for option in cls._options.values():
        setattr(cls, option.name, property(lambda self, option=option: self._get_option(option),
                                           lambda self, value, option=option: self._set_option(option, value),
                                           doc=option.documentation))
    signature = inspect.signature(cls.__init__)
    own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
    new = [inspect.Parameter(option.name, inspect.Parameter.KEYWORD_ONLY, default=option.shown(option.initial))
           for option in cls._options.values()]
    cls.__init__.__signature__ = signature.replace(parameters=own + new)
    cls.__doc__ += "\n\n    Options, as keyword arguments and as attributes:\n" + "".join(
        f"\n    {option.name}: {option.documentation}" for option in cls._options.values())
    return cls


# ---- Datasets ------------------------------------------------------------------------------------------------------
_borrowed: dict[int, NDArray[Any]] = {}  # arrays whose memory the library reads, until it releases them
_tokens = itertools.count(1)
# A method in C, not a function in Python: no interrupt can come between its call and its work.
_give_back = raw.lottery_dataset_release(_borrowed.pop)


class Statistics(NamedTuple):
    """Mean and standard deviation of a dataset's inputs, a number for each group."""
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


class Dataset(_Fixed, _Part):
    """Examples with labels or targets. A dataset never changes; any number of threads and contexts may use it.

    inputs: [count, ...], read as value * scale + shift. Contiguous float32 and uint8 arrays, and PyTorch tensors on the
    CPU, are used where they are, as torch.from_numpy does: do not change them while the dataset lives, or pass
    copy=True. Others are converted to float32. scale: by default 1 / 255 for uint8, which everywhere means pixels of 0 to
    255, else 1: bool and other integers are plain numbers.
    labels: [count] whole numbers below `classes` (by default the largest + 1). targets: [count, width], for mean
    squared error."""
    __slots__ = ()
    _kind = "dataset"

    def __init__(self, inputs: ArrayLike, labels: Optional[ArrayLike] = None, *, classes: Optional[int] = None,
                 targets: Optional[ArrayLike] = None, scale: Optional[float] = None, shift: float = 0.0,
                 copy: bool = False, context: Optional[Context] = None) -> None:
        given = np.asarray(inputs)
        array = _array(given, np.uint8 if given.dtype == np.uint8 else np.float32)
        count, pixels = _count_of(given, "inputs"), array.dtype == np.uint8
        shape = array.shape[1:] or (1,)
        element = raw.LOTTERY_ELEMENT_UINT8 if pixels else raw.LOTTERY_ELEMENT_FLOAT32
        self.context = context or Context.current()
        create = [self.context._pointer, count, len(shape), (c_int64 * len(shape))(*shape), element, array.ctypes.data,
                  _scale_of(given, scale), shift]
        if copy:
            self._own(self.context, raw.lottery_dataset_create, *create, raw.LOTTERY_MEMORY_COPY, None, None)
        else:
            token = next(_tokens)
            _borrowed[token] = array
            try:
                self._own(self.context, raw.lottery_dataset_create, *create, raw.LOTTERY_MEMORY_BORROW, _give_back, token)
            except LotteryError:  # then the library does not call release
                _borrowed.pop(token, None)
                raise
        if labels is not None:
            self._become(self.with_labels(labels, classes))
        if targets is not None:
            self._become(self.with_targets(targets))

    @classmethod
    def idx(cls, images: Union[str, os.PathLike[str]], labels: Union[str, os.PathLike[str], None] = None, *,
            context: Optional[Context] = None) -> Dataset:
        """Reads IDX files (MNIST's format), plain or gzipped; pixels become 0 to 1."""
        made = cls.__new__(cls)
        context = context or Context.current()
        made._make(context, raw.lottery_dataset_load_idx, context._pointer, _bytes("images", images),
                   None if labels is None else _bytes("labels", labels))
        return made

    def with_labels(self, labels: ArrayLike, classes: Optional[int] = None) -> Dataset:
        """The same inputs with new labels."""
        array = _labels(labels, len(self))
        classes = int(array.max()) + 1 if classes is None and array.size else classes or 0
        return self._derive(Dataset, raw.lottery_dataset_with_labels, _integer("classes", classes, 32),
                            array.ctypes.data, array.size)

    def with_targets(self, targets: ArrayLike) -> Dataset:
        """The same inputs with new targets, [count, width]."""
        array = _array(targets, np.float32)
        count = _count_of(array, "targets")
        return self._derive(Dataset, raw.lottery_dataset_with_targets, array.size // count if count else 0,
                            array.ctypes.data, count)

    def split(self, count: int, seed: int) -> tuple[Dataset, Dataset]:
        """`count` examples drawn with the seed, and the others."""
        count, seed = _integer("count", count), _seed(seed)
        first, second = self._several((Dataset, Dataset), raw.lottery_dataset_split, count, seed)
        return first, second

    def subset(self, indices: ArrayLike) -> Dataset:
        """These examples, in this order; an index may come more than once."""
        given = np.asarray(indices)
        if given.dtype.kind not in "iu":
            raise TypeError(f"indices: {given.dtype}, expected whole numbers")
        array = _array(given, np.int64)
        return self._derive(Dataset, raw.lottery_dataset_subset, array.ctypes.data, array.size)

    def shuffle_labels(self, seed: int) -> Dataset:
        """The labels permuted among the examples."""
        return self._derive(Dataset, raw.lottery_dataset_shuffle_labels, _seed(seed))

    def relabel(self, mapping: ArrayLike, classes: Optional[int] = None) -> Dataset:
        """Label l replaced by mapping[l]."""
        array = _labels(mapping, np.size(mapping))
        classes = int(array.max()) + 1 if classes is None and array.size else classes or 0
        return self._derive(Dataset, raw.lottery_dataset_relabel, _integer("classes", classes, 32), array.ctypes.data,
                            array.size)

    def statistics(self, groups: int = 1) -> Statistics:
        """Mean and deviation of all inputs together (groups: 1) or of each channel (groups: the first axis's size)."""
        groups = _integer("groups", groups)
        if groups not in (1, self.shape[0]):  # before memory is allocated
            raise ArgumentError(f"groups: {groups} is neither 1 nor the first size of the shape, {self.shape[0]}")
        mean, deviation = np.empty(groups), np.empty(groups)
        self._call(raw.lottery_dataset_statistics, groups, mean.ctypes.data, deviation.ctypes.data)
        return Statistics(mean, deviation)

    def normalise(self, mean: ArrayLike, deviation: ArrayLike) -> Dataset:
        """Each input v becomes (v - mean) / deviation, usually by the training set's statistics.

        A deviation of 0, a constant feature's, counts as 1.
        """
        first, second = _array(mean, np.float64), _array(deviation, np.float64)
        if first.shape != second.shape:
            raise ShapeError(f"mean and deviation: shapes {first.shape} and {second.shape} differ")
        return self._derive(Dataset, raw.lottery_dataset_normalise, first.size, first.ctypes.data, second.ctypes.data)

    def _size(self, which: int) -> int:
        sizes = (c_int64(), c_int64(), c_int64())
        self._call(raw.lottery_dataset_sizes, *map(byref, sizes))
        return sizes[which].value

    def __len__(self) -> int:
        return self._size(0)

    @property
    def features(self) -> int:
        """Elements of one example."""
        return self._size(1)

    @property
    def classes(self) -> int:
        """The number of classes; 0 without labels."""
        return self._size(2)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        shape, rank = (c_int64 * _RANK)(), c_int32()
        self._call(raw.lottery_dataset_shape, _RANK, shape, byref(rank))
        return tuple(shape[:rank.value])

    @property
    def target_width(self) -> int:
        """How many real targets an example has; 0 without targets."""
        return self._get(c_int64, raw.lottery_dataset_target_width)

    def _range(self, first: int, count: Optional[int]) -> tuple[int, int]:
        first = _integer("first", first)
        count = len(self) - first if count is None else _integer("count", count)
        if first < 0 or count < 0 or first + count > len(self):  # before memory is allocated
            raise ArgumentError(f"first, count: {first} and {count} are not within the {len(self)} examples")
        return first, count

    def read(self, first: int = 0, count: Optional[int] = None) -> tuple[Floats, Optional[NDArray[np.int32]]]:
        """Copies of examples as training sees them: inputs [count, ...], and labels if there are any."""
        first, count = self._range(first, count)
        inputs = np.empty((count, *self.shape), np.float32)
        labels = np.empty(count, np.int32) if self.classes else None
        self._call(raw.lottery_dataset_read, first, count, inputs.ctypes.data,
                   None if labels is None else labels.ctypes.data)
        return inputs, labels

    def read_targets(self, first: int = 0, count: Optional[int] = None) -> Optional[Floats]:
        """Copies of the examples' targets [count, width], or None without targets."""
        first, count = self._range(first, count)
        if not self.target_width:
            return None
        targets = np.empty((count, self.target_width), np.float32)
        self._call(raw.lottery_dataset_read_targets, first, count, targets.ctypes.data)
        return targets

    @property
    def targets(self) -> Optional[Floats]:
        """All targets, as read_targets copies them."""
        return self.read_targets()

    def __getitem__(self, index: Any) -> Any:
        """For a number one example, (input, label or None); for a slice, a list of numbers or a mask a dataset."""
        if isinstance(index, slice):
            return self._chosen(np.arange(len(self))[index])
        if np.ndim(index) > 0:
            chosen = np.asarray(index)
            if chosen.dtype == np.bool_ and chosen.shape != (len(self),):
                raise ShapeError(f"index: shape {chosen.shape}, expected ({len(self)},)")
            return self._chosen(np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen)
        at = operator.index(index)
        at += len(self) if at < 0 else 0
        if not 0 <= at < len(self):
            raise IndexError(f"example {index} of {len(self)}")
        inputs, labels = self.read(at, 1)
        return inputs[0], None if labels is None else int(labels[0])

    def _chosen(self, indices: NDArray[Any]) -> Dataset:
        if not len(indices):
            raise ArgumentError(f"index: chooses none of the {len(self)} examples, and a dataset has at least one")
        return self.subset(indices)

    def _summary(self) -> str:
        width = self.target_width
        return f"{len(self)} x {self.shape}, {self.classes} classes" + (f", {width} targets" if width else "")

    def __reduce__(self) -> Any:
        return _read_again, (*self.read(), self.classes, self.targets)


def _read_again(inputs: Floats, labels: Any, classes: int, targets: Optional[Floats] = None) -> Dataset:
    return Dataset(inputs, labels, classes=classes or None, targets=targets)


# ---- Networks, masks, snapshots --------------------------------------------------------------------------------------
class Evaluation(NamedTuple):
    """Mean loss, number of correct answers, and number of examples."""
    loss: float
    correct: int
    count: int

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


def _evaluation(call: Callable[..., int], function: Any, dataset: Dataset, *kind: int) -> Evaluation:
    loss, correct = c_double(), c_int64()
    call(function, _given(dataset, Dataset), *kind, byref(loss), byref(correct))
    return Evaluation(loss.value, correct.value, len(dataset))


class Node(NamedTuple):
    """A node of a graph: its kind, such as "dense"; the numbers of the nodes that it reads; its shape; what it was made
    with, such as {"units": 300, "bias": True}; and the names of its tensors, which are there after finish()."""
    kind: str
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    attributes: dict[str, Any]
    tensors: tuple[str, ...]


class Form(NamedTuple):
    """The form of a tensor ("dense" or "packed"), and the bytes of its weights and of the index that finds them."""
    form: str
    bytes: int


@_with_options
class Network(_Tensors, _Optioned):
    """A network: a preset by name ("lenet-300-100", "mlp-784-300-100-10"), initialised if a seed is given; or an empty
    one, built node by node:

        network = Network()
        x = network.input(784)
        x = network.relu(network.dense(x, 300))
        network.finish(network.dense(x, 10, bias=False))
        network.initialise(seed=1)

    It is a mapping from names of tensors to copies of their values: dict(network). network["fc1.weight"] = array and
    load(state) write values. Pruned weights stay 0. Threads wait for each other."""
    __slots__ = ("_features", "_mask_context")
    _kind = "network"

    def __init__(self, preset: Optional[str] = None, *, seed: Optional[int] = None,
                 scheme: Union[str, int] = "glorot_normal", context: Optional[Context] = None, **options: Any) -> None:
        context = context or Context.current()
        if preset is None:
            self._make(context, raw.lottery_network_create, context._pointer)
        else:
            self._make(context, raw.lottery_network_preset, context._pointer, _bytes("preset", preset))
        self.set(**options)
        if seed is not None:
            self.initialise(seed, scheme)

    def input(self, *shape: int) -> int:
        """Adds the input node, (features) or (channels, height, width). It and the functions below return the node's
        number."""
        sizes = [_integer("shape", size) for size in shape]
        return self._get(c_int32, raw.lottery_network_input, len(sizes), (c_int64 * len(sizes))(*sizes))

    def dense(self, node: int, units: int, **options: Any) -> int:
        """Adds a fully connected layer. Option of the node: bias=True or False."""
        unknown = options.keys() - _NODE_OPTIONS.keys()
        if unknown:
            raise TypeError(f"dense has no option {unknown.pop()!r}; it has {', '.join(_NODE_OPTIONS)}")
        made = self._get(c_int32, raw.lottery_network_dense, _integer("node", node, 32), _integer("units", units))
        for name, value in options.items():
            option = _NODE_OPTIONS[name]
            self._call(raw.lottery_network_node_set_integer, made, option.key, _whole(option, value))
        return made

    def relu(self, node: int) -> int:
        """Adds max(0, x)."""
        return self._get(c_int32, raw.lottery_network_relu, _integer("node", node, 32))

    def tanh(self, node: int) -> int:
        """Adds tanh(x)."""
        return self._get(c_int32, raw.lottery_network_tanh, _integer("node", node, 32))

    def sigmoid(self, node: int) -> int:
        """Adds 1 / (1 + exp(-x))."""
        return self._get(c_int32, raw.lottery_network_sigmoid, _integer("node", node, 32))

    def add(self, first: int, second: int) -> int:
        """Adds the sum of two nodes."""
        return self._get(c_int32, raw.lottery_network_add, _integer("first", first, 32), _integer("second", second, 32))

    def node_shape(self, node: int) -> tuple[int, ...]:
        """The shape of a node."""
        shape, rank = (c_int64 * _RANK)(), c_int32()
        self._call(raw.lottery_network_node_shape, _integer("node", node, 32), _RANK, shape, byref(rank))
        return tuple(shape[:rank.value])

    def node_bias(self, node: int) -> bool:
        """Whether a dense layer has biases."""
        return bool(self._get(c_int64, raw.lottery_network_node_get_integer, _integer("node", node, 32),
                              _NODE_OPTIONS["bias"].key))

    @property
    def nodes(self) -> list[Node]:
        """The graph, also before finish(): the list's index is a node's number."""
        with self._lock:
            try:
                names = list(self.shapes)
            except StateError:  # not finished
                names = []
            return [self._node(node, names) for node in range(self._get(c_int64, raw.lottery_network_node_count))]

    def _node(self, node: int, names: list[str]) -> Node:
        kind, name, value = c_char_p(), c_char_p(), c_double()
        self._call(raw.lottery_network_node_kind, node, byref(kind))
        attributes: dict[str, Any] = {}
        for index in range(self._get(c_int64, raw.lottery_network_node_attribute_count, node)):
            self._call(raw.lottery_network_node_attribute, node, index, byref(name), byref(value))
            attributes[name.value.decode()] = int(value.value) if value.value.is_integer() else value.value
        if kind.value == b"dense":
            attributes["bias"] = self.node_bias(node)
        read = self._list(c_int32, raw.lottery_network_node_inputs, node)
        tensors = self._list(c_int64, raw.lottery_network_node_tensors, node) if names else ()
        return Node(kind.value.decode(), read, self.node_shape(node), attributes,
                    tuple(names[tensor] for tensor in tensors))

    @property
    def output(self) -> int:
        """The number of the output node."""
        return self._get(c_int32, raw.lottery_network_output)

    def copy(self) -> Network:
        """A network of its own with the same graph, options, instruction set, mask and weights."""
        made: Network = self._derive(Network, raw.lottery_network_copy)
        made._mask_context = getattr(self, "_mask_context", self.context)
        return made

    __copy__ = copy

    def __deepcopy__(self, _: Any) -> Network:
        return self.copy()

    def finish(self, output: int) -> None:
        """Fixes the graph and makes the tensors, all zero."""
        self._call(raw.lottery_network_finish, _integer("output", output, 32))

    @property
    def sizes(self) -> tuple[int, int]:
        """Input and output features."""
        known: Optional[tuple[int, int]] = getattr(self, "_features", None)
        if known is None:
            inputs, outputs = c_int64(), c_int64()
            self._call(raw.lottery_network_sizes, byref(inputs), byref(outputs))
            known = self._features = inputs.value, outputs.value
        return known

    def initialise(self, seed: int, scheme: Union[str, int] = "glorot_normal") -> None:
        """New weights from a seed: "glorot_normal", "glorot_uniform", "kaiming_normal" or "kaiming_uniform"."""
        self._call(raw.lottery_network_initialise, _constant("INITIALISE", scheme), _seed(seed))

    def _summary(self) -> str:
        shapes, prunable = self.shapes, self.prunable
        sizes = [shapes[name] for name in prunable]
        chain = all(len(size) == 2 for size in sizes) and all(a[0] == b[1] for a, b in zip(sizes, sizes[1:]))
        if sizes and chain and (sizes[0][1], sizes[-1][0]) == self.sizes:
            what = "-".join(str(size) for size in [sizes[0][1], *(size[0] for size in sizes)])
        else:
            what = ", ".join(f"{name} {'x'.join(map(str, shapes[name]))}" for name in prunable)
        kept, total = self.mask.counts()
        return f"{what}, {kept} of {total} weights"

    def __reduce__(self) -> Any:
        """By archives: weights, mask and options."""
        archive, mask = Archive(), self.mask
        archive["network"], archive["mask"] = self, mask
        return _network_again, (archive.to_bytes(), {name: getattr(self, name) for name in self._options},
                                operator.eq(*mask.counts()))

    def __getitem__(self, name: str) -> Floats:
        return self._read(raw.lottery_network_read_tensor, name)

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        self._write(raw.lottery_network_write_tensor, name, values)

    def load(self, state: Mapping[str, ArrayLike]) -> None:
        """Writes every tensor from a mapping like dict(network): all of them, or none if anything is wrong."""
        shapes = self.shapes
        if set(state) != set(shapes):
            raise ShapeError(f"state: only one side has the names {sorted(set(state) ^ set(shapes))}")
        arrays = {name: _floats(name, state[name], shape) for name, shape in shapes.items()}
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise NotFiniteError(f"{name}: has a value that is not finite")
        for name, array in arrays.items():
            self[name] = array

    @property
    def prunable(self) -> list[str]:
        """The names of the tensors that masks cover."""
        return [name for tensor, name in enumerate(self.shapes)
                if self._get(c_int32, raw.lottery_network_tensor_prunable, tensor)]

    def form(self, name: str) -> Form:
        """The form that a tensor has now, and its bytes."""
        form, size = c_int32(), c_int64()
        self._call(raw.lottery_network_tensor_form, self._find(name)[0], byref(form), byref(size))
        return Form(_name("FORM", form.value), size.value)

    @property
    def mask(self) -> Mask:
        """The network's mask, or a mask of ones if it has none. Setting it, to a Mask or a dict of arrays, zeroes the
        weights that it prunes; None removes it."""
        mask: Mask = self._derive(Mask, raw.lottery_network_get_mask)
        mask.context = getattr(self, "_mask_context", self.context)  # errors leave their messages there
        return mask

    @mask.setter
    def mask(self, mask: MaskLike) -> None:
        given = self._mask(mask)
        self._call(raw.lottery_network_set_mask, None if given is None else given._pointer)
        self._mask_context = self.context if given is None else given.context

    def _mask(self, mask: MaskLike) -> Optional[Mask]:
        if mask is None or isinstance(mask, Mask):
            return mask
        if isinstance(mask, collections.abc.Mapping) and not isinstance(mask, Handle):
            return Mask(self, mask)
        raise TypeError(f"expected a Mask or a dict of arrays, not {type(mask).__name__}")

    def check_mask(self, mask: MaskLike = None) -> None:
        """Raises MaskError if a weight that the mask (or the network's own) prunes is not 0."""
        given = self._mask(mask)
        self._call(raw.lottery_network_check_mask, None if given is None else given._pointer, None, None)

    def predict(self, inputs: Union[Dataset, ArrayLike], scale: Optional[float] = None) -> Floats:
        """The outputs [count, outputs] of a Dataset or of a batch [count, ...] of any size, also 0; of a single example
        (which does not begin with a size of 1) its outputs [outputs].

        scale: what inputs are multiplied with; by default 1 / 255 for uint8, as in Dataset, else 1."""
        width, outputs = self.sizes
        array = _array(_scaled(inputs.read()[0] if isinstance(inputs, Dataset) else inputs, scale), np.float32)
        if array.size == width and array.shape[:1] != (1,):
            return self.predict(array.reshape(1, width), 1)[0]
        if array.shape[:1] == (0,):
            if array.ndim > 1 and math.prod(array.shape[1:]) != width:
                raise ShapeError(f"inputs: shape {array.shape}, expected rows of {width}")
            return np.empty((0, outputs), np.float32)
        array = _rows("inputs", array, width)
        values = np.empty((len(array), outputs), np.float32)
        self._call(raw.lottery_network_predict, len(array), array.ctypes.data, values.ctypes.data)
        return values

    def evaluate(self, dataset: Dataset, loss: Union[str, int] = "cross_entropy") -> Evaluation:
        """Mean loss and correct answers over a dataset."""
        return _evaluation(self._call, raw.lottery_network_evaluate, dataset, _constant("LOSS", loss))

    def snapshot(self) -> Snapshot:
        """Saves the weights, without a trainer."""
        return self._derive(Snapshot, raw.lottery_network_snapshot)

    def restore(self, snapshot: Snapshot) -> None:
        """Writes a snapshot's weights by name and shape. PartialWarning lists tensors without a match."""
        self._call(raw.lottery_network_restore, _given(snapshot, Snapshot))


def _network_again(data: bytes, chosen: dict[str, Any], whole: bool) -> Network:
    archive = Archive()
    archive.load_bytes(data)
    network: Network = archive["network"]
    network.set(**chosen)
    if not whole:
        network.mask = archive["mask"]
    return network


_NODE_OPTIONS = {option.name: option for option in options if option.handle == raw.LOTTERY_HANDLE_NODE}


class Dead(NamedTuple):
    """Units of a tensor that keep no input weight, and inputs that no unit reads any more."""
    units: int
    inputs: int


class Mask(_Fixed, _Tensors):
    """Which weights survive: a mapping from names of weights to boolean arrays, which are copies. A mask never changes;
    any number of threads may use it.

    Mask(network) keeps everything. Mask(network, arrays) takes these tensors from a mapping of arrays, where an element
    that is not 0 keeps its weight. a & b, a | b, a - b, ~a and a == b work weight by weight."""
    __slots__ = ()
    _kind = "mask"

    def __init__(self, network: Network, tensors: Optional[Mapping[str, ArrayLike]] = None) -> None:
        with _checked(network, Network)._lock:
            self._make(network.context, raw.lottery_mask_ones, network._pointer)
        if tensors:
            self._become(self.replace(tensors))

    def replace(self, tensors: Mapping[str, ArrayLike]) -> Mask:
        """The mask with these tensors instead of its own."""
        mask = self
        for name, values in tensors.items():
            if name not in self.shapes:
                raise KeyError(f"{name}: masks cover {', '.join(self.shapes)}")
            tensor, shape = self._find(name)
            array = _array(values, np.bool_)
            if array.shape != shape:
                raise ShapeError(f"{name}: shape {array.shape}, expected {shape}")
            mask = mask._derive(Mask, raw.lottery_mask_replace, tensor, array.ctypes.data, array.size)
        return mask

    def __getitem__(self, name: str) -> NDArray[np.bool_]:
        return self._read(raw.lottery_mask_read, name, kind=np.bool_)

    def counts(self, name: Optional[str] = None) -> tuple[int, int]:
        """How many weights a tensor keeps, and of how many; without a name, all tensors together."""
        kept, total = c_int64(), c_int64()
        self._call(raw.lottery_mask_kept, -1 if name is None else self._find(name)[0], byref(kept), byref(total))
        return kept.value, total.value

    @property
    def density(self) -> float:
        """The fraction of all weights that is kept."""
        kept, total = self.counts()
        return kept / total

    def dead(self, name: str) -> Dead:
        """How many units and inputs of a tensor the mask has cut off."""
        units, inputs = c_int64(), c_int64()
        self._call(raw.lottery_mask_dead, self._find(name)[0], byref(units), byref(inputs))
        return Dead(units.value, inputs.value)

    def __and__(self, other: Mask) -> Mask:
        return self._derive(Mask, raw.lottery_mask_intersect, _given(other, Mask))

    def __or__(self, other: Mask) -> Mask:
        return self._derive(Mask, raw.lottery_mask_unite, _given(other, Mask))

    def __sub__(self, other: Mask) -> Mask:
        return self._derive(Mask, raw.lottery_mask_subtract, _given(other, Mask))

    def __invert__(self) -> Mask:
        return self._derive(Mask, raw.lottery_mask_complement)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mask):
            return NotImplemented
        return self.shapes == other.shapes and self.hamming(other) == 0

    def __hash__(self) -> int:
        return hash(tuple((name, shape, self.counts(name)) for name, shape in self.shapes.items()))

    def hamming(self, other: Mask) -> int:
        """In how many weights the masks differ."""
        return self._get(c_int64, raw.lottery_mask_hamming, _given(other, Mask))

    def jaccard(self, other: Mask) -> float:
        """Weights kept by both / weights kept by either."""
        return self._get(c_double, raw.lottery_mask_jaccard, _given(other, Mask))

    def shuffle(self, seed: int) -> Mask:
        """A mask that keeps as many weights in each tensor, at random places."""
        return self._derive(Mask, raw.lottery_mask_shuffle, _seed(seed))

    def transfer(self, network: Network) -> Mask:
        """A mask for another network, by name and shape. PartialWarning lists tensors without a match."""
        with _checked(network, Network)._lock:
            return self._derive(Mask, raw.lottery_mask_transfer, network._pointer)

    def _summary(self) -> str:
        return "{} of {} weights".format(*self.counts())

    def __reduce__(self) -> Any:
        return _unpickled, (_pickled(self),)


MaskLike = Union[Mask, Mapping[str, ArrayLike], None]


class Snapshot(_Fixed, _Tensors):
    """Saved state: a mapping from names of tensors to their values, which are copies. A snapshot never changes; any
    number of threads may use it. Trainer.snapshot and Network.snapshot make one, and an Archive can hold one."""
    __slots__ = ()
    _kind = "snapshot"

    def __init__(self) -> None:
        raise TypeError("snapshots come from Trainer.snapshot and Network.snapshot")

    @property
    def contents(self) -> State:
        """Which parts it holds."""
        return State(self._get(c_int32, raw.lottery_snapshot_contents))

    @property
    def iteration(self) -> int:
        """The iteration at which it was taken."""
        return self._get(c_int64, raw.lottery_snapshot_iteration)

    def _summary(self) -> str:
        parts = [part.name.lower() for part in State if part != State.ALL and part in self.contents]
        return f"iteration {self.iteration}, {len(self)} tensors: {', '.join(parts)}"

    def __reduce__(self) -> Any:
        return _unpickled, (_pickled(self),)

    def __getitem__(self, name: str) -> Floats:
        return self.read(name)

    def read(self, name: str, slot: Union[str, int] = "weight") -> Floats:
        """A tensor's values ("weight"), momentum or first moment ("first"), or second moment ("second")."""
        return self._read(raw.lottery_snapshot_read, name, _constant("SLOT", slot))


# ---- Pruner and trainer ----------------------------------------------------------------------------------------------
class Preview(NamedTuple):
    """What pruning would leave of a tensor; see lottery_pruner_preview."""
    kept: int
    dead_units: int
    vanishing: int


_AMOUNTS = ("rate", "count", "density")


@_with_options
class Pruner(_Optioned):
    """Decides which weights go: by default the smallest fifth of those that each layer has left. One of rate, count and
    density decides how many: the last that was set. `amount` names it. The others are None; giving two is an error.

    rates: own rates for some tensors, by name."""
    __slots__ = ()
    _kind = "pruner"
    _instead = "make another one with the same options"

    def __init__(self, *, rates: Optional[Mapping[str, float]] = None, context: Optional[Context] = None,
                 **options: Any) -> None:
        context = context or Context.current()
        self._make(context, raw.lottery_pruner_create, context._pointer)
        self.set(**options)
        for name, rate in (rates or {}).items():
            self.set_tensor_rate(name, rate)

    def set(self, **given: Any) -> None:
        """Sets options, in the order of the keywords."""
        amounts = [name for name in given if name in _AMOUNTS]
        if len(amounts) > 1:
            raise ArgumentError(f"{' and '.join(amounts)}: only one of {', '.join(_AMOUNTS)} can decide how many weights go")
        super().set(**given)

    def _get_option(self, option: Option) -> Any:
        with self._lock:
            return None if option.name in _AMOUNTS and option.name != self.amount else super()._get_option(option)

    @property
    def amount(self) -> str:
        """"rate", "count" or "density": which of them decides how many weights go."""
        key = self._get(c_int32, raw.lottery_pruner_amount)
        return next(name for name, option in self._options.items() if option.key == key)

    def _summary(self) -> str:
        with self._lock:
            amount = self.amount
            decides = f"{amount}={getattr(self, amount)!r}" + (f", rates={self.rates}" if self.rates else "")
        return f"{decides}, criterion={self.criterion!r}, scope={self.scope!r}"

    @property
    def rates(self) -> dict[str, float]:
        """The tensors that have a rate of their own, by name."""
        with self._lock:
            return {self._text(raw.lottery_pruner_tensor_rate_name, index):
                    self._get(c_double, raw.lottery_pruner_tensor_rate, index)
                    for index in range(self._get(c_int64, raw.lottery_pruner_tensor_rate_count))}

    def set_tensor_rate(self, name: str, rate: float) -> None:
        """Gives the tensor a rate of its own."""
        self._call(raw.lottery_pruner_set_tensor_rate, _bytes("name", name), float(rate))

    def apply(self, network: Network, mask: MaskLike = None,
              scores: Union[Mapping[str, ArrayLike], ArrayLike, None] = None) -> Mask:
        """The mask (or the network's own) without the weights that are pruned now. The network does not change.
        UnchangedWarning: no weight went, since a rate of the few that are left rounds to 0.

        scores: they rank the weights instead of the criterion, and the lowest go first. A mapping from each prunable
        tensor's name to an array, or one flat array of all of them in the order of network.prunable. Scores of weights
        that the mask prunes do not matter."""
        given = _checked(network, Network)._mask(mask)
        pointer = None if given is None else given._pointer
        flat = None if scores is None else _flat_scores(network, scores)
        with network._lock:
            if flat is None:
                return self._derive(Mask, raw.lottery_pruner_apply, network._pointer, pointer)
            return self._derive(Mask, raw.lottery_pruner_apply_scores, network._pointer, pointer, flat.ctypes.data,
                                flat.size)

    def preview(self, network: Network, mask: MaskLike = None) -> dict[str, Preview]:
        """What apply would leave of each tensor."""
        names, given = network.prunable, network._mask(mask)
        kept, dead = np.empty(len(names), np.int64), np.empty(len(names), np.int64)
        vanishing = np.empty(len(names), np.int32)
        with _checked(network, Network)._lock:
            self._call(raw.lottery_pruner_preview, network._pointer, None if given is None else given._pointer, len(names),
                       kept.ctypes.data, dead.ctypes.data, vanishing.ctypes.data)
        return {name: Preview(*map(int, row)) for name, *row in zip(names, kept, dead, vanishing)}


def _flat_scores(network: Network, scores: Union[Mapping[str, ArrayLike], ArrayLike]) -> Floats:
    if not isinstance(scores, collections.abc.Mapping):
        flat = _array(scores, np.float32)
        if flat.ndim != 1:
            raise ShapeError(f"scores: shape {flat.shape}, expected a flat array or a mapping of arrays")
        return flat
    names, shapes = network.prunable, network.shapes
    if set(scores) != set(names):
        raise ShapeError(f"scores: of {', '.join(sorted(scores))}, but the prunable tensors are {', '.join(names)}")
    arrays = [_floats(f"scores of {name}", scores[name], shapes[name]).ravel() for name in names]
    return np.concatenate([np.empty(0, np.float32), *arrays])


_SLOTS = [name for name in _named("SLOT") if name != "weight"]


class OptimiserState(collections.abc.Mapping):  # type: ignore[type-arg]
    """The state of a trainer's optimiser by the tensors' names: Adam's moments {"first": array, "second": array}; of SGD
    with momentum {"first": array}, without it {}. Arrays are copies. state[name] = {"first": array} writes; at pruned
    weights it stays 0."""
    __slots__ = ("_trainer",)

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer

    def __iter__(self) -> Iterator[str]:
        return iter(self._trainer.network)

    def __len__(self) -> int:
        return len(self._trainer.network)

    def __getitem__(self, name: str) -> dict[str, Floats]:
        found, trainer = {}, self._trainer
        with trainer._lock:
            for slot in _SLOTS:
                with contextlib.suppress(StateError):  # a slot that this optimiser does not have
                    found[slot] = trainer._read(raw.lottery_trainer_read_optimiser, name, _constant("SLOT", slot))
        return found

    def __setitem__(self, name: str, slots: Mapping[str, ArrayLike]) -> None:
        write = raw.lottery_trainer_write_optimiser
        with self._trainer._lock:
            before = self[name]
            if not isinstance(slots, collections.abc.Mapping):
                raise TypeError(f"{name}: expected the optimiser's arrays by name, such as {{'first': …}}")
            if extra := [slot for slot in slots if slot not in before]:
                raise ArgumentError(f"{name}: the optimiser has {', '.join(before) or 'no state'}, not {', '.join(extra)}")
            try:
                for slot, values in slots.items():
                    self._trainer._write(write, name, values, _constant("SLOT", slot))
            except LotteryError:  # all of them or none
                for slot, values in before.items():
                    self._trainer._write(write, name, values, _constant("SLOT", slot))
                raise


_step, _Byte = raw.lottery_trainer_step, ctypes.c_char
_FLOAT32, _INT32, _INT64 = np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.int64)


@_with_options
class Trainer(_Optioned):
    """Trains a network, iteration by iteration, and rewinds it. Threads that use it or its network wait for each other.

    dataset: what run trains on; None when the caller brings batches. seed: decides the order of data."""
    __slots__ = ("network", "dataset", "_width", "_slice")
    _kind = "trainer"

    def __init__(self, network: Network, dataset: Optional[Dataset] = None, seed: int = 0, **options: Any) -> None:
        self._lock = _checked(network, Network)._lock  # C wants the two in one thread
        with self._lock:
            self._make(network.context, raw.lottery_trainer_create, network._pointer,
                       None if dataset is None else _given(dataset, Dataset), _seed(seed))
        self.network, self.dataset = network, dataset
        self._width, self._slice = network.sizes, 1
        self.set(**options)

    def run(self, iterations: int, progress: Optional[Callable[[int, float], Any]] = None) -> int:
        """Trains; returns how many iterations it completed.

        progress(iteration, loss) is called after each progress_interval-th iteration. A true result ends the run, and
        an exception leaves run. The callback may change options and mask, and take snapshots. In the main thread, Ctrl-C
        raises KeyboardInterrupt within a few hundredths of a second; other threads go on, and Context.cancel stops them.
        Whatever ends a run, it ends after a whole iteration, and the next run continues as if nothing had happened."""
        # The loop returns from C every few hundredths of a second, so that Python sees signals. A callback from C would
        # not do: a waiting interrupt is raised at its first instruction, where ctypes prints and drops it.
        iterations, done, part = _integer("iterations", iterations), 0, c_int64()
        while True:
            count = min(iterations - done, self._slice)
            if progress is not None:
                count = min(count, (interval := self.progress_interval) - self.iteration % interval)
            began = time.thread_time()  # by wall-clock time, slices would become many and short on a loaded machine
            with self._lock:
                status = raw.lottery_trainer_run(self._pointer, count, None, None, byref(part))
                done += part.value
                if status:
                    self._ended(status, done)
            seconds = time.thread_time() - began
            if self._lock.waiting:  # a released lock would be taken again before another thread can
                time.sleep(0.001)
            if count == self._slice and seconds < SLICE_SECONDS / 2:
                self._slice *= 2
            elif seconds > SLICE_SECONDS * 2 and self._slice > 1:
                self._slice //= 2
            if progress is not None and part.value and self.iteration % interval == 0:
                if progress(self.iteration, self.last_loss):
                    return done
            if done >= iterations:
                return done

    def _ended(self, status: int, done: int) -> None:
        try:
            _judge(status, self.context)
            if status == raw.LOTTERY_CANCELLED:
                raise Cancelled("Context.cancel was called; Context.resume takes it back")
        except LotteryError as error:
            error.done = done
            raise

    def _batch(self, inputs: ArrayLike, labels: Optional[ArrayLike], targets: Optional[ArrayLike],
               scale: Optional[float]) -> tuple[Any, ...]:
        width, outputs = self._width
        batch = _rows("inputs", _scaled(inputs, scale), width)
        count = len(batch)
        answers = None if labels is None else _labels(labels, count)
        wanted = None if targets is None else _rows("targets", targets, outputs, count)
        return (count, batch.ctypes.data, None if answers is None else answers.ctypes.data,
                None if wanted is None else wanted.ctypes.data), (batch, answers, wanted)

    def step(self, inputs: ArrayLike, labels: Optional[ArrayLike] = None, targets: Optional[ArrayLike] = None,
             scale: Optional[float] = None) -> float:
        """One iteration on a batch [count, ...]; returns its loss before the step.

        scale: what inputs are multiplied with; by default 1 / 255 for uint8, as in Dataset, else 1. So a step on uint8 is
        one of run on the same examples, up to the last bits (some 1e-6 of a weight), since run reads bytes itself."""
        loss = c_double()
        # Arrays that C can take as they are go a short way: a step of a large network leaves the caches cold, and then
        # every line of code costs.
        if targets is scale is None and type(inputs) is type(labels) is np.ndarray and inputs.dtype is _FLOAT32:
            if labels.dtype is _INT64:
                narrow = labels.astype(_INT32)
                labels = narrow if (narrow == labels).all() else labels  # the long way reports the mistake
            count = len(labels) if labels.ndim == 1 else 0
            if labels.dtype is _INT32 and count and inputs.flags.carray and labels.flags.carray and (
                    inputs.ndim and len(inputs) == count and inputs.size == count * self._width[0]):
                with self._lock.lock:
                    status = _step(self._pointer, count, byref(_Byte.from_buffer(inputs)),
                                   byref(_Byte.from_buffer(labels)), None, byref(loss))
                    if status:
                        _judge(status, self.context)
                return loss.value
        arguments, _kept = self._batch(inputs, labels, targets, scale)
        self._call(_step, *arguments, byref(loss))
        return loss.value

    def gradient(self, inputs: Optional[ArrayLike] = None, labels: Optional[ArrayLike] = None,
                 targets: Optional[ArrayLike] = None, scale: Optional[float] = None) -> float:
        """Makes the gradient of a batch, by default the dataset's next; returns the loss. Then call apply(). scale: as in
        step."""
        if inputs is None:
            return self._get(c_double, raw.lottery_trainer_gradient, 0, None, None, None)
        arguments, _kept = self._batch(inputs, labels, targets, scale)
        return self._get(c_double, raw.lottery_trainer_gradient, *arguments)

    def apply(self) -> None:
        """One step of the optimiser with the present gradient."""
        self._call(raw.lottery_trainer_apply)

    def forward(self, inputs: ArrayLike, scale: Optional[float] = None) -> Floats:
        """The outputs of a batch, for your own loss. Then call backward(gradient of the loss to them) and apply(). scale:
        as in step."""
        width, outputs = self._width
        array = _rows("inputs", _scaled(inputs, scale), width)
        values = np.empty((len(array), outputs), np.float32)
        self._call(raw.lottery_trainer_forward, len(array), array.ctypes.data, values.ctypes.data)
        return values

    def backward(self, output_gradient: ArrayLike, inputs: bool = False) -> Optional[Floats]:
        """Makes the gradient of every tensor from the gradient of the last forward's outputs. inputs: also returns the
        gradient to the inputs, [count, features]."""
        array = _rows("output_gradient", output_gradient, self._width[1])
        if not inputs:
            self._call(raw.lottery_trainer_backward, len(array), array.ctypes.data)
            return None
        values = np.empty((len(array), self._width[0]), np.float32)
        self._call(raw.lottery_trainer_backward_inputs, len(array), array.ctypes.data, values.ctypes.data)
        return values

    @property
    def packed_gradient(self) -> Floats:
        """The gradient of all surviving weights and biases, one after another. It may be set before apply()."""
        values = np.empty(self._get(c_int64, raw.lottery_trainer_gradient_count), np.float32)
        self._call(raw.lottery_trainer_read_gradient, values.ctypes.data, values.size)
        return values

    @packed_gradient.setter
    def packed_gradient(self, values: ArrayLike) -> None:
        array = _array(values, np.float32)
        self._call(raw.lottery_trainer_write_gradient, array.ctypes.data, array.size)

    def gradients(self) -> dict[str, Floats]:
        """The gradient of each tensor by name, 0 at pruned weights."""
        with self._lock:
            return {name: self._read(raw.lottery_trainer_read_tensor_gradient, name) for name in self.network.shapes}

    def set_gradient(self, name: str, values: ArrayLike) -> None:
        """Replaces a tensor's gradient before apply(); at pruned weights it stays 0."""
        self._write(raw.lottery_trainer_write_tensor_gradient, name, values)

    def _find(self, name: str) -> tuple[int, tuple[int, ...]]:
        return self.network._find(name)

    @property
    def optimiser_state(self) -> OptimiserState:
        """The optimiser's state by the tensors' names, to read and to write."""
        return OptimiserState(self)

    @property
    def optimiser_steps(self) -> int:
        """The optimiser's own count of steps, by which Adam corrects its moments. It can be set."""
        return self._get(c_int64, raw.lottery_trainer_get_optimiser_steps)

    @optimiser_steps.setter
    def optimiser_steps(self, steps: int) -> None:
        self._call(raw.lottery_trainer_set_optimiser_steps, _integer("optimiser_steps", steps))

    def _summary(self) -> str:
        return f"iteration {self.iteration}, optimiser={self.optimiser!r}, loss={self.loss!r}, {self.dataset!r}"

    def evaluate(self, dataset: Dataset) -> Evaluation:
        """Mean loss, by the option `loss`, and correct answers over a dataset."""
        return _evaluation(self._call, raw.lottery_trainer_evaluate, dataset)

    @property
    def iteration(self) -> int:
        """Completed iterations; after rewinding they count on from the restored position."""
        return self._get(c_int64, raw.lottery_trainer_iteration)

    @property
    def epoch_batches(self) -> int:
        """How many batches an epoch of the dataset has."""
        return self._get(c_int64, raw.lottery_trainer_epoch_batches)

    def batch(self, ahead: int = 0) -> NDArray[np.int64]:
        """The next batch, or the one `ahead` batches later: the indices of its examples in the dataset."""
        ahead, count = _integer("ahead", ahead), c_int64()
        with self._lock:
            indices = np.empty(self.batch_size, np.int64)
            self._call(raw.lottery_trainer_batch, ahead, indices.size, indices.ctypes.data, byref(count))
        return indices[:count.value]

    @property
    def rate(self) -> float:
        """The learning rate of the next iteration."""
        return self._get(c_double, raw.lottery_trainer_rate)

    @property
    def last_loss(self) -> float:
        """The loss of the last batch."""
        return self._get(c_double, raw.lottery_trainer_loss)

    def snapshot(self, what: int = State.ALL) -> Snapshot:
        """Saves state to rewind to."""
        return self._derive(Snapshot, raw.lottery_trainer_snapshot, _integer("what", what, 32))

    def rewind(self, snapshot: Optional[Snapshot] = None, mask: MaskLike = None, what: Optional[int] = None) -> None:
        """Restores the parts `what` of the snapshot (by default all that it holds), sets the mask, and zeroes the weights
        that it prunes. Without a snapshot it only sets the mask: fine-tuning."""
        given = self.network._mask(mask)
        pointer = None if snapshot is None else _given(snapshot, Snapshot)
        what = what if what is not None else 0 if snapshot is None else snapshot.contents
        self._call(raw.lottery_trainer_rewind, pointer, None if given is None else given._pointer,
                   _integer("what", what, 32))
        if given is not None:
            self.network._mask_context = given.context

    def reset(self, what: int = State.OPTIMISER | State.POSITION) -> None:
        """Resets the optimiser's state, the position, or both."""
        self._call(raw.lottery_trainer_reset, _integer("what", what, 32))


Trainer._instead = ('keep it by archive["run"] = trainer, and put it into another one, made for the same network and '
                    'dataset, by archive.restore("run", trainer)')


# ---- Archives --------------------------------------------------------------------------------------------------------
class Ticket(NamedTuple):
    """A network at its initial values with its mask set, the mask, and a snapshot of the values."""
    network: Network
    mask: Mask
    snapshot: Snapshot


_ELEMENTS = {np.dtype(np.float32): "FLOAT32", np.dtype(np.uint8): "UINT8", np.dtype(np.int64): "INT64"}


class Metadata(collections.abc.MutableMapping):  # type: ignore[type-arg]
    """Texts in an archive's file that are not the library's, such as {"format": "pt"}."""
    __slots__ = ("_archive",)

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive

    def __iter__(self) -> Iterator[str]:
        for index in range(len(self)):
            yield self._archive._text(raw.lottery_archive_metadata_key, index)

    def __len__(self) -> int:
        return self._archive._get(c_int64, raw.lottery_archive_metadata_count)

    def __getitem__(self, key: str) -> str:
        if key not in list(self):
            raise KeyError(key)
        return self._archive._text(raw.lottery_archive_get_metadata, _bytes("key", key))

    def __setitem__(self, key: str, value: str) -> None:
        self._archive._call(raw.lottery_archive_set_metadata, _bytes("key", key), _bytes("value", value))

    def __delitem__(self, key: str) -> None:
        if key not in list(self):
            raise KeyError(key)
        self._archive._call(raw.lottery_archive_set_metadata, _bytes("key", key), None)

    def __repr__(self) -> str:
        return f"Metadata({dict(self)})"


@_with_options
class Archive(_Optioned, collections.abc.Mapping):  # type: ignore[type-arg]
    """Named items in one safetensors file: a mapping from names to copies. An item is a Network, Mask, Snapshot, Ticket,
    Trainer, str or array.

        archive = lottery.Archive()
        archive["ticket"] = lottery.Ticket(network, mask, initial)
        archive["ticket.level"] = "3"
        archive.save("ticket.safetensors")
        network, mask, initial = lottery.Archive("ticket.safetensors")["ticket"]

    A Trainer cannot be got: restore() puts it into another one, which then continues with the same bits.
    A name cannot be set twice; `del archive[name]` frees it. Arrays are float32, uint8 or int64; those of other programs'
    files are read as the one that holds them. The file of a network called "" is a state dict for PyTorch. Threads wait
    for each other."""
    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__
    _kind = "archive"

    def __init__(self, path: Union[str, os.PathLike[str], None] = None, *, context: Optional[Context] = None,
                 **options: Any) -> None:
        context = context or Context.current()
        self._make(context, raw.lottery_archive_create, context._pointer)
        self.set(**options)
        if path is not None:
            self.load(path)

    def __iter__(self) -> Iterator[str]:
        for index in range(len(self)):
            yield self._text(raw.lottery_archive_name, index)

    def __len__(self) -> int:
        return self._get(c_int64, raw.lottery_archive_count)

    def __contains__(self, name: object) -> bool:
        return name in list(self)

    def kind(self, name: str) -> str:
        """"network", "mask", "snapshot", "ticket", "trainer", "text", "array", or "unknown" for what a later version saved."""
        number = self._get(c_int32, raw.lottery_archive_kind, _bytes("name", name))
        return _name("KIND", number)

    def __getitem__(self, name: str) -> Any:
        if name not in self:
            raise KeyError(name)
        kind = self.kind(name)
        if kind == "unknown":
            raise UnsupportedError(f"{name}: is of a kind that this version does not know")
        return getattr(self, f"_get_{kind}")(_bytes("name", name))

    def __setitem__(self, name: str, item: Any) -> None:
        text = _bytes("name", name)
        for cls in (Network, Mask, Snapshot, Trainer):
            if isinstance(item, cls):
                with item._lock:
                    self._call(getattr(raw, f"lottery_archive_add_{cls._kind}"), text, item._pointer)
                return
        if isinstance(item, Ticket):
            handles = [_checked(handle, cls) for handle, cls in zip(item, (Network, Mask, Snapshot))]
            with item.network._lock:
                self._call(raw.lottery_archive_add_ticket, text, *(handle._pointer for handle in handles))
        elif isinstance(item, str):
            self._call(raw.lottery_archive_add_text, text, _bytes("text", item))
        else:
            given = np.asarray(item)
            if given.dtype not in _ELEMENTS:
                raise TypeError(f"{name}: arrays are float32, uint8 or int64, not {given.dtype}")
            array = _array(given, given.dtype)
            self._call(raw.lottery_archive_add_array, text, getattr(raw, f"LOTTERY_ELEMENT_{_ELEMENTS[given.dtype]}"),
                       given.ndim, (c_int64 * given.ndim)(*given.shape), array.ctypes.data, array.size)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self._call(raw.lottery_archive_remove, _bytes("name", name))

    @property
    def metadata(self) -> Metadata:
        """Texts in the file that are not the library's: archive.metadata["format"] = "pt"."""
        return Metadata(self)

    def _get_network(self, name: bytes) -> Network:
        return self._derive(Network, raw.lottery_archive_get_network, name)

    def _get_mask(self, name: bytes, network: Optional[int] = None) -> Mask:
        return self._derive(Mask, raw.lottery_archive_get_mask, name, network)

    def _get_snapshot(self, name: bytes, network: Optional[int] = None) -> Snapshot:
        return self._derive(Snapshot, raw.lottery_archive_get_snapshot, name, network)

    def _get_ticket(self, name: bytes) -> Ticket:
        return Ticket(*self._several((Network, Mask, Snapshot), raw.lottery_archive_get_ticket, name))

    def _get_trainer(self, name: bytes) -> None:
        raise TypeError(f"{name.decode()}: is a trainer; use restore()")

    def restore(self, name: str, trainer: Trainer, *, any_instruction_set: bool = False) -> None:
        """Continues where the saved trainer of this name was: `trainer`, made for the same graph and dataset, takes its
        weights, mask, optimiser state, position and options. any_instruction_set: allow this even if the saved trainer
        ran on another instruction set, whose results differ in the last bits."""
        consent = raw.LOTTERY_CONSENT_INSTRUCTION_SET if any_instruction_set else raw.LOTTERY_CONSENT_NONE
        with _checked(trainer, Trainer)._lock:
            self._call(raw.lottery_archive_restore_trainer, _bytes("name", name), trainer._pointer, consent)

    def _get_text(self, name: bytes) -> str:
        return self._text(raw.lottery_archive_get_text, name)

    def _get_array(self, name: bytes) -> NDArray[Any]:
        element, shape, rank = c_int32(), (c_int64 * _RANK)(), c_int32()
        self._call(raw.lottery_archive_array_shape, name, byref(element), _RANK, shape, byref(rank))
        kind = next(kind for kind, word in _ELEMENTS.items() if getattr(raw, f"LOTTERY_ELEMENT_{word}") == element.value)
        array = np.empty(tuple(shape[:rank.value]), kind)
        self._call(raw.lottery_archive_get_array, name, element.value, array.ctypes.data, array.size)
        return array

    def mask(self, name: str, network: Network) -> Mask:
        """The mask of this name, which must fit the network."""
        with _checked(network, Network)._lock:
            return self._get_mask(_bytes("name", name), network._pointer)

    def snapshot(self, name: str, network: Network) -> Snapshot:
        """The snapshot of this name, which must fit the network. It can also be made from an item that is a network, or,
        with the name "", from another program's state dict."""
        with _checked(network, Network)._lock:
            return self._get_snapshot(_bytes("name", name), network._pointer)

    def array(self, name: str) -> NDArray[Any]:
        """An array by its full name in the file, such as "ticket.fc1.bias"."""
        return self._get_array(_bytes("name", name))

    def save(self, path: Union[str, os.PathLike[str]]) -> None:
        """Saves to a file; the path holds its old content or the new file, whole."""
        self._call(raw.lottery_archive_save, _bytes("path", path))

    def load(self, path: Union[str, os.PathLike[str]]) -> None:
        """Replaces what the archive holds by a file's content."""
        self._call(raw.lottery_archive_load, _bytes("path", path))

    def to_bytes(self) -> bytes:
        """The file in memory."""
        # Not through lottery_archive_write: ctypes prints and drops an interrupt that ends the callback.
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "archive"
            self.save(path)
            return path.read_bytes()

    def load_bytes(self, data: bytes) -> None:
        """Replaces what the archive holds by the content of a file in memory."""
        array = np.frombuffer(data or b"\0", np.uint8)
        self._call(raw.lottery_archive_load_memory, array.ctypes.data, len(data))

    def __reduce__(self) -> Any:
        return _archive_again, (self.to_bytes(), {name: getattr(self, name) for name in self._options})

    def _summary(self) -> str:
        return ", ".join(f"{name!r}: {self.kind(name)}" for name in self)


def _archive_again(data: bytes, chosen: dict[str, Any]) -> Archive:
    archive = Archive(**chosen)
    archive.load_bytes(data)
    return archive
