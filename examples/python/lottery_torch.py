"""Networks, masks and optimisers between liblottery and PyTorch. Needs torch.

    model = lottery_torch.to_torch(network)                           # an nn.Module with the same outputs and mask
    network = lottery_torch.from_torch(model)                         # and back, from any model of the library's layers
    optimiser = lottery_torch.optimiser_to_torch(trainer, model)      # SGD or Adam with its state
    lottery_torch.optimiser_from_torch(optimiser, model, trainer)

Values are carried over bit for bit. Outputs and further training agree as closely as float32 sums in another order do.
What cannot be carried over is a lottery.UnsupportedError that names the module or the option."""
from __future__ import annotations

import collections
import math
import operator
from typing import Any, Iterable, NamedTuple, Optional, Sequence, Union

import lottery
import torch
import torch.fx
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

__all__ = ["to_torch", "from_torch", "optimiser_to_torch", "optimiser_from_torch"]


# ---- To PyTorch ----------------------------------------------------------------------------------------------------
class Graph(nn.Module):
    """Runs a network that is not a chain. steps: for each node after the input the name of its module, or None for a sum,
    and the nodes that it reads."""

    def __init__(self, modules: dict[str, nn.Module], steps: list[tuple[Optional[str], tuple[int, ...]]],
                 output: int) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)
        self.steps, self.output = steps, output

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        values = [torch.flatten(inputs, 1)]
        for name, read in self.steps:
            read_values = [values[node] for node in read]
            values.append(sum(read_values[1:], read_values[0]) if name is None else getattr(self, name)(*read_values))
        return values[self.output]


_ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def to_torch(network: lottery.Network, mask: bool = True) -> nn.Module:
    """A model with the network's weights, on the CPU: an nn.Sequential where the network is a chain, else a small module
    that runs its graph. Parameters have the library's names, such as fc1.weight. Inputs are [count, ...].

    mask: apply the network's mask by torch.nn.utils.prune, which keeps pruned weights at 0 in training and calls the
    parameter fc1.weight_orig. Without it, they are zeros like any others."""
    modules: dict[str, nn.Module] = collections.OrderedDict()
    steps: list[tuple[Optional[str], tuple[int, ...]]] = []
    output = network.output
    for number, node in enumerate(network.nodes):
        name: Optional[str] = None
        if node.kind == "dense":
            name = node.tensors[0].rsplit(".", 1)[0]
            modules[name] = _linear(network, node, name, mask)
        elif node.kind in _ACTIVATIONS:
            name = f"{node.kind}{number}"
            modules[name] = _ACTIVATIONS[node.kind]()
        elif node.kind not in ("input", "add"):
            raise lottery.UnsupportedError(f"node {number}: {node.kind} has no counterpart here")
        if node.kind != "input":
            steps.append((name, node.inputs))
    if all(name and read == (number,) for number, (name, read) in enumerate(steps)):
        return nn.Sequential(collections.OrderedDict(flatten=nn.Flatten(), **modules))
    return Graph(modules, steps, output)


def _linear(network: lottery.Network, node: lottery.Node, name: str, mask: bool) -> nn.Linear:
    weight = torch.from_numpy(network[f"{name}.weight"])
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=len(node.tensors) > 1)
    layer.load_state_dict({tensor.rsplit(".", 1)[1]: torch.from_numpy(network[tensor]) for tensor in node.tensors})
    kept = network.mask[f"{name}.weight"]
    if mask and not kept.all():
        with torch.no_grad():  # else the model could not be copied before its first forward pass
            prune.custom_from_mask(layer, "weight", torch.from_numpy(kept))
    return layer


# ---- From PyTorch --------------------------------------------------------------------------------------------------
Shape = Union[int, Sequence[int], None]


class _Value(NamedTuple):
    """What a step of the traced model gives: which of the plan's nodes, and its shape in PyTorch without the batch."""
    node: int
    shape: tuple[int, ...]


class _Step(NamedTuple):
    """A node of the network: "input", "dense", "add" or an activation, the nodes that it reads, and the nn.Linear with its
    name in the model."""
    kind: str
    inputs: tuple[int, ...]
    name: str = ""
    layer: Any = None


_BATCH = "batch"  # stands for the number of examples
_OWN = "; the library has Linear, ReLU, Tanh, Sigmoid, Flatten, Identity, sums, and Dropout in eval mode"
_FUNCTIONS = {torch.relu: "relu", torch.relu_: "relu", functional.relu: "relu", functional.relu_: "relu",
              torch.tanh: "tanh", functional.tanh: "tanh", torch.sigmoid: "sigmoid", functional.sigmoid: "sigmoid",
              operator.add: "add", operator.iadd: "add", torch.add: "add", torch.flatten: "flatten",
              torch.reshape: "reshape", functional.dropout: "dropout"}
_METHODS = {"relu": "relu", "relu_": "relu", "tanh": "tanh", "tanh_": "tanh", "sigmoid": "sigmoid", "sigmoid_": "sigmoid",
            "add": "add", "add_": "add", "flatten": "flatten", "view": "reshape", "reshape": "reshape",
            "contiguous": "same"}
_MODULES = {nn.Linear: "dense", nn.ReLU: "relu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid", nn.Flatten: "flatten",
            nn.Identity: "same", nn.Dropout: "dropout"}


class _Plan:
    """The network that a model stands for: its steps, in the order in which the model takes them."""

    def __init__(self, model: nn.Module, shape: Shape) -> None:
        tracer = torch.fx.Tracer()
        self.model = nn.Sequential(model) if tracer.is_leaf_module(model, "") else model
        try:
            graph = tracer.trace(self.model)
        except Exception as error:  # whatever the model's forward raises
            raise lottery.UnsupportedError(f"{type(model).__name__}: torch.fx cannot trace it: {error}") from error
        self.modules = dict(self.model.named_modules())
        self.steps: list[_Step] = []
        self.values: dict[torch.fx.Node, Any] = {}
        self.shape = self._first_inputs(graph) if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        for node in graph.nodes:
            self.values[node] = getattr(self, f"_{node.op}")(node)
        self._drop_unused()

    def _first_inputs(self, graph: torch.fx.Graph) -> tuple[int, ...]:
        """Nothing but Linear changes how many numbers an example has."""
        for node in graph.nodes:
            if node.op == "call_module" and isinstance(self.modules[node.target], nn.Linear):
                return (self.modules[node.target].in_features,)
        raise lottery.UnsupportedError("model: has no Linear, whose inputs would say how large an example is; pass "
                                       "example_shape")

    def _refuse(self, node: torch.fx.Node, why: str) -> Any:
        raise lottery.UnsupportedError(f"{node.target if node.op == 'call_module' else node.name}: {why}")

    def _add_step(self, kind: str, inputs: tuple[int, ...], shape: tuple[int, ...], *layer: Any) -> _Value:
        self.steps.append(_Step(kind, inputs, *layer))
        return _Value(len(self.steps) - 1, shape)

    def _placeholder(self, node: torch.fx.Node) -> Optional[_Value]:
        if self.steps:
            return self._refuse(node, "is a second input, and a network has one") if node.users else None
        return self._add_step("input", (), self.shape)

    def _output(self, node: torch.fx.Node) -> None:
        self.result = self.values.get(node.args[0]) if isinstance(node.args[0], torch.fx.Node) else None
        if not isinstance(self.result, _Value):
            self._refuse(node, "the model's result is not one tensor")

    def _get_attr(self, node: torch.fx.Node) -> Any:
        self._refuse(node, f"reads {node.target} outside of a layer{_OWN}")

    def _call_module(self, node: torch.fx.Node) -> Any:
        module = self.modules[str(node.target)]
        kind = _MODULES.get(type(module))
        if kind is None:
            self._refuse(node, f"{type(module).__name__} has no counterpart{_OWN}")
        arguments = {"flatten": lambda: (module.start_dim, module.end_dim), "dropout": lambda: (module.p, module.training),
                     "dense": lambda: (module,)}.get(kind, lambda: ())()
        return self._apply(node, kind, [*node.args, *arguments], dict(node.kwargs), getattr(module, "inplace", False))

    def _call_function(self, node: torch.fx.Node) -> Any:
        if node.target in (getattr, operator.getitem):  # of a shape
            of, what = node.args
            known = self.values.get(of)
            if node.target is getattr and what == "shape" and isinstance(known, _Value):
                return (_BATCH, *known.shape)
            if node.target is operator.getitem and isinstance(known, tuple) and not isinstance(known, _Value):
                return known[what]
        kind = _FUNCTIONS.get(node.target)
        if kind is None:
            self._refuse(node, f"{getattr(node.target, '__name__', node.target)} has no counterpart{_OWN}")
        options = dict(node.kwargs)
        inplace = options.pop("inplace", False) or node.target in (operator.iadd, torch.relu_, functional.relu_)
        return self._apply(node, kind, list(node.args), options, inplace)

    def _call_method(self, node: torch.fx.Node) -> Any:
        name = str(node.target)
        if name == "size" and isinstance(self.values.get(node.args[0]), _Value):
            sizes = (_BATCH, *self.values[node.args[0]].shape)
            which = node.args[1:] or tuple(node.kwargs.values())
            return sizes[which[0]] if which else sizes
        if name not in _METHODS:
            self._refuse(node, f".{name}() has no counterpart{_OWN}")
        return self._apply(node, _METHODS[name], list(node.args), dict(node.kwargs), name.endswith("_"))

    def _apply(self, node: torch.fx.Node, kind: str, arguments: list[Any], options: dict[str, Any], inplace: bool) -> Any:
        """The node of the network for one of the model's steps, whose arguments stand as in PyTorch."""
        if "input" in options:
            arguments.insert(0, options.pop("input"))
        given = torch.fx.node.map_arg(tuple(arguments), lambda one: self.values.get(one))
        if not given or not isinstance(given[0], _Value):
            self._refuse(node, "its input is not a tensor of the model")
        value, others = given[0], given[1:]
        if kind == "same":
            return value
        if kind in _ACTIVATIONS:
            result = self._add_step(kind, (value.node,), value.shape)
        else:
            result = getattr(self, f"_{kind}")(node, value, others, options)
        if inplace:  # whatever shares the memory changes with it
            for other, seen in self.values.items():
                if isinstance(seen, _Value) and seen.node == value.node:
                    self.values[other] = seen._replace(node=result.node)
        return result

    def _dense(self, node: torch.fx.Node, value: _Value, others: tuple[Any, ...], options: dict[str, Any]) -> _Value:
        layer = others[0]
        if value.shape != (layer.in_features,):
            self._refuse(node, f"reads examples of shape {value.shape}, where the library wants {layer.in_features} "
                               "features: flatten them before, and give example_shape if the model's input has another")
        parameters = {id(parameter) for parameter in layer.parameters()}
        for step in self.steps:
            if step.layer is not None and parameters & {id(parameter) for parameter in step.layer.parameters()}:
                self._refuse(node, f"shares weights with {step.name}, and every layer of the library has its own")
        return self._add_step("dense", (value.node,), (layer.out_features,), str(node.target), layer)

    def _add(self, node: torch.fx.Node, value: _Value, others: tuple[Any, ...], options: dict[str, Any]) -> _Value:
        other = others[0] if others else self.values.get(options.pop("other", None))
        if options.pop("alpha", 1) != 1 or options or len(others) > 1 or not isinstance(other, _Value):
            self._refuse(node, "is not the sum of two tensors of the model")
        if value.shape != other.shape:
            self._refuse(node, f"adds shapes {value.shape} and {other.shape}, and the library sums equal ones")
        return self._add_step("add", (value.node, other.node), value.shape)

    def _flatten(self, node: torch.fx.Node, value: _Value, others: tuple[Any, ...], options: dict[str, Any]) -> _Value:
        first, last = (*others, *(0, -1)[len(others):])
        first, last = options.get("start_dim", first), options.get("end_dim", last)
        rank = len(value.shape) + 1
        first, last = first % rank, last % rank
        if first == 0:
            self._refuse(node, "flattens the batch, too: start at dimension 1")
        sizes = value.shape[:first - 1], value.shape[first - 1:last], value.shape[last:]
        return value._replace(shape=(*sizes[0], math.prod(sizes[1]), *sizes[2]))

    def _reshape(self, node: torch.fx.Node, value: _Value, others: tuple[Any, ...], options: dict[str, Any]) -> _Value:
        sizes = others[0] if len(others) == 1 and isinstance(others[0], (tuple, list)) else others
        shape, count = list(sizes[1:]), math.prod(value.shape)
        if shape.count(-1) == 1 and sizes[0] == _BATCH:
            shape[shape.index(-1)] = count // max(1, -math.prod(shape))
        if options or not sizes or sizes[0] not in (_BATCH, -1) or not all(type(size) is int for size in shape) or (
                math.prod(shape) != count):
            self._refuse(node, f"does not leave the batch as it is and {value.shape} whole: {tuple(sizes)}")
        return value._replace(shape=tuple(shape))

    def _dropout(self, node: torch.fx.Node, value: _Value, others: tuple[Any, ...], options: dict[str, Any]) -> _Value:
        share, training = (*others, *(0.5, True)[len(others):])[:2]
        if options.get("training", training) and options.get("p", share) > 0:
            self._refuse(node, "Dropout in training mode is random: call model.eval()")
        return value

    def _drop_unused(self) -> None:
        """Leaves only what leads to the result."""
        wanted = {0}
        for number in reversed(range(len(self.steps))):
            if number == self.result.node or number in wanted:
                wanted.update({number, *self.steps[number].inputs})
        numbers = {old: new for new, old in enumerate(sorted(wanted))}
        self.steps = [step._replace(inputs=tuple(numbers[node] for node in step.inputs))
                      for number, step in enumerate(self.steps) if number in wanted]

    @property
    def layers(self) -> list[_Step]:
        """The dense layers: fc1, fc2, … of the library."""
        return [step for step in self.steps if step.kind == "dense"]


def _parts(step: _Step) -> tuple[torch.Tensor, Optional[torch.Tensor], Optional[torch.Tensor]]:
    """The weight of an nn.Linear as its parameter is now, its mask, and its bias."""
    layer = step.layer
    parts = {name for name, _ in [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]}
    pruned = parts - {"bias"} == {"weight_orig", "weight_mask"}
    if not pruned and parts - {"bias"} != {"weight"}:
        raise lottery.UnsupportedError(f"{step.name}: has {', '.join(sorted(parts))}, and only weight, bias, and a "
                                       "weight's mask of torch.nn.utils.prune can be carried over")
    # Not layer.weight, which is as old as the last forward pass.
    return (layer.weight_orig, layer.weight_mask, layer.bias) if pruned else (layer.weight, None, layer.bias)


def _array(tensor: torch.Tensor) -> Any:
    return tensor.detach().cpu().to(torch.float32).numpy()


def from_torch(model: nn.Module, example_shape: Shape = None,
               context: Optional[lottery.Context] = None) -> lottery.Network:
    """A network with the graph, weights and masks of a model, which torch.fx traces: Linear, ReLU, Tanh, Sigmoid,
    Flatten, Identity, Dropout in eval mode, and sums, in nn.Sequential or any module's forward. Its layers are called
    fc1, fc2, … in the order in which the model calls them. Hooks are left out.

    example_shape: of one example, (1, 28, 28) or 784; needed where the model looks at the sizes of its input."""
    plan = _Plan(model, example_shape)
    parts = [_parts(step) for step in plan.layers]
    network = lottery.Network(context=context)
    for step in plan.steps:
        if step.kind == "input":
            network.input(math.prod(plan.shape))
        elif step.kind == "dense":
            network.dense(*step.inputs, step.layer.out_features, bias=step.layer.bias is not None)
        else:
            getattr(network, step.kind)(*step.inputs)
    network.finish(len(plan.steps) - 1)
    masks = {}
    for number, (weight, kept, bias) in enumerate(parts, 1):
        network[f"fc{number}.weight"] = _array(weight)
        if kept is not None:
            masks[f"fc{number}.weight"] = _array(kept)
        if bias is not None:
            network[f"fc{number}.bias"] = _array(bias)
    if masks:
        network.mask = masks
    return network


# ---- Optimisers ----------------------------------------------------------------------------------------------------
def _parameters(model: nn.Module, shape: Shape, network: lottery.Network) -> dict[str, torch.Tensor]:
    """The model's parameters by the names of the network's tensors. Both must have the same layers."""
    steps = _Plan(model, shape).layers
    found: dict[str, torch.Tensor] = {}
    for number, step in enumerate(steps, 1):
        weight, _, bias = _parts(step)
        found[f"fc{number}.weight"] = weight
        if bias is not None:
            found[f"fc{number}.bias"] = bias
    shapes = {name: tuple(tensor.shape) for name, tensor in found.items()}
    if shapes != network.shapes:
        raise lottery.ShapeError(f"model: its layers {shapes} are not the network's, {network.shapes}")
    return found


def optimiser_to_torch(trainer: lottery.Trainer, model: nn.Module, example_shape: Shape = None) -> torch.optim.Optimizer:
    """A torch.optim.Adam or SGD of the model's parameters that continues where the trainer is: its options and state. The
    rate is that of the trainer's next iteration; warm-up and milestones stay behind. model: of to_torch, or one from
    which from_torch made the network. example_shape: as there."""
    found = _parameters(model, example_shape, trainer.network)
    order = {id(parameter): at for at, parameter in enumerate(model.parameters())}
    names = sorted(found, key=lambda name: order[id(found[name])])
    decay = trainer.weight_decay
    groups: list[dict[str, Any]] = [{"params": [found[name] for name in names]}]
    if decay and not trainer.decay_biases:
        groups = [{"params": [found[name] for name in names if name.endswith(".weight")]},
                  {"params": [found[name] for name in names if name.endswith(".bias")], "weight_decay": 0.0}]
        groups = [group for group in groups if group["params"]]
    optimiser: torch.optim.Optimizer
    if trainer.optimiser == "adam":
        optimiser = torch.optim.Adam(groups, lr=trainer.rate, betas=(trainer.beta1, trainer.beta2), eps=trainer.epsilon,
                                     weight_decay=decay)
    else:
        optimiser = torch.optim.SGD(groups, lr=trainer.rate, momentum=trainer.momentum, weight_decay=decay,
                                    nesterov=trainer.nesterov and trainer.momentum > 0)
    steps = trainer.optimiser_steps
    for name, slots in trainer.optimiser_state.items():
        keys = _SLOTS[trainer.optimiser]
        values = {keys[slot]: torch.from_numpy(array).to(found[name]) for slot, array in slots.items()}
        if steps and values:
            step = {"step": torch.tensor(float(steps))} if trainer.optimiser == "adam" else {}
            optimiser.state[found[name]] = {**step, **values}
    return optimiser


_SLOTS = {"adam": {"first": "exp_avg", "second": "exp_avg_sq"}, "sgd": {"first": "momentum_buffer"}}


def _one(what: str, values: Iterable[Any]) -> Any:
    """The value that all have."""
    several = sorted(set(values))
    if len(several) > 1:
        raise lottery.UnsupportedError(f"{what}: {several[0]} and {several[1]}, but the library has one for all tensors")
    return several[0]


def optimiser_from_torch(optimiser: torch.optim.Optimizer, model: nn.Module, trainer: lottery.Trainer,
                         example_shape: Shape = None) -> None:
    """Gives the trainer the options and the state of a torch.optim.Adam or SGD of the model's parameters. The trainer's
    warm-up and milestones stay as they are. model: that from which from_torch made the trainer's network, or of to_torch.
    example_shape: as there."""
    kind = "adam" if isinstance(optimiser, (torch.optim.Adam, torch.optim.AdamW)) else "sgd"
    if kind == "sgd" and not isinstance(optimiser, torch.optim.SGD):
        raise lottery.UnsupportedError(f"{type(optimiser).__name__}: the library has Adam and SGD")
    found = _parameters(model, example_shape, trainer.network)
    groups = {id(parameter): group for group in optimiser.param_groups for parameter in group["params"]}
    for name, parameter in found.items():
        if id(parameter) not in groups or not parameter.requires_grad:
            raise lottery.UnsupportedError(f"{name}: the optimiser does not train it, but a trainer trains every tensor")
    of = {name: groups[id(parameter)] for name, parameter in found.items()}
    for option in ("amsgrad", "maximize", "dampening"):
        if any(group.get(option) for group in of.values()):
            raise lottery.UnsupportedError(f"{option}: the library's {kind} does not have it")
    if any(group["weight_decay"] and (isinstance(optimiser, torch.optim.AdamW) or group.get("decoupled_weight_decay"))
           for group in of.values()):
        raise lottery.UnsupportedError("weight_decay: AdamW's shrinks the weights, the library's is added to the gradient")

    def option(key: str) -> Any:
        return _one(key, (group[key] for group in of.values()))

    options = {"optimiser": kind, "learning_rate": float(option("lr")),
               "weight_decay": _one("weight_decay", (of[name]["weight_decay"] for name in of if name.endswith(".weight")))}
    if biases := [of[name]["weight_decay"] for name in of if name.endswith(".bias")]:
        decay = _one("weight_decay of biases", biases)
        if decay not in (0, options["weight_decay"]):
            raise lottery.UnsupportedError(f"weight_decay: {options['weight_decay']} of weights and {decay} of biases, "
                                           "which must have the same or none")
        options["decay_biases"] = bool(decay)
    if kind == "adam":
        options["beta1"], options["beta2"] = option("betas")
        options["epsilon"] = option("eps")
    else:
        options["momentum"], options["nesterov"] = option("momentum"), option("nesterov")
    state = {name: optimiser.state.get(parameter, {}) for name, parameter in found.items()}
    if kind == "adam":
        steps = _one("step", (int(one.get("step", 0)) for one in state.values()))
    else:
        steps = int(any(one.get("momentum_buffer") is not None for one in state.values()))
    trainer.set(**options)
    trainer.reset(lottery.State.OPTIMISER)
    for name, one in state.items():
        trainer.optimiser_state[name] = {slot: _array(one[key]) for slot, key in _SLOTS[kind].items()
                                         if one.get(key) is not None and slot in trainer.optimiser_state[name]}
    trainer.optimiser_steps = steps
