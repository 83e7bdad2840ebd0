#!/usr/bin/env python3
"""Makes the declarations of the bindings from include/lottery.h: the tables in examples/python/lottery.py and
examples/rust/src/raw.rs, between the lines that say so.

  make_declarations.py            writes them
  make_declarations.py --check    says which are not what the header makes, and fails if any is"""
import pathlib
import re
import sys
import textwrap

top = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(top / "docs"))
import read_header  # noqa: E402

COMMAND = "examples/make_declarations.py"
BEGIN, END = f"made from include/lottery.h by {COMMAND}: begin", f"made from include/lottery.h by {COMMAND}: end"
WIDTH = 120


def handles_of(sections):
    code = "\n".join(block.code for section in sections for block in section.blocks)
    return re.findall(r"^typedef struct \w+ (\w+);", code, re.MULTILINE)


# ---- Python: a letter a parameter -----------------------------------------------------------------------------------
LETTERS = {"int32_t": "i", "lottery_status": "i", "int64_t": "l", "uint64_t": "u", "double": "d", "const char *": "s",
           "void": "v"}


def letter(kind, handles, callbacks):
    if kind in LETTERS:
        return LETTERS[kind]
    if kind in callbacks:
        return "f"
    if kind.removesuffix(" *") in handles:
        return "h"
    if kind.endswith("*"):
        return "p"
    raise SystemExit(f"{COMMAND}: no letter is known for {kind}")


def python(sections):
    handles = handles_of(sections)
    callbacks = {name.name for section in sections for block in section.blocks
                 for name in read_header.callbacks_of(block.code)}

    def letters(function):
        return "".join(letter(kind, handles, callbacks) for kind, _ in function.parameters)

    def table(name, groups):
        out = [f'{name} = """\\']
        for group in groups:
            out += textwrap.wrap(" ".join(group), WIDTH, initial_indent="    ", subsequent_indent="    ")
        return out[:-1] + [out[-1] + '"""']

    functions, types, constants = [], [], []
    for section in sections:
        functions.append([])
        for block in section.blocks:
            for function in block.functions:
                result = "" if function.returns == "lottery_status" else letter(function.returns, handles, callbacks)
                functions[-1].append(f"{function.name[len('lottery_'):]}({letters(function)}){result}")
            for function in read_header.callbacks_of(block.code):
                types.append(f"{function.name[len('lottery_'):]}({letters(function)})"
                             f"{letter(function.returns, handles, callbacks)}")
            for enum in re.findall(r"enum \{(.*?)\};", block.code, re.DOTALL):
                constants.append([f"{name[len('LOTTERY_'):]}={value}"
                                  for name, value in read_header.constants_of(enum)])
    out = []
    for name, groups in (("_FUNCTIONS", functions), ("_CALLBACKS", [types]), ("_CONSTANTS", constants)):
        out += table(name, [group for group in groups if group])
    return "\n".join(out) + "\n"


# ---- Rust -----------------------------------------------------------------------------------------------------------
TYPES = {"int32_t": "i32", "int64_t": "i64", "uint8_t": "u8", "uint64_t": "u64", "float": "f32", "double": "f64",
         "char": "c_char", "void": "c_void"}


def rust_type(kind):
    constant, stars = kind.startswith("const "), kind.count("*")
    base = kind.replace("const ", "").replace("*", "").strip()
    if base not in TYPES and not base.startswith("lottery_"):
        raise SystemExit(f"{COMMAND}: no Rust type is known for {kind}")
    base = TYPES.get(base, base)
    return "*mut " * (stars - 1) + ("*const " if constant else "*mut ") + base if stars else base


def rust_signature(function):
    """(the parameters, "" or " -> type")"""
    names = [("r#type" if name == "type" else name, kind) for kind, name in function.parameters]
    result = "" if function.returns == "void" else f" -> {rust_type(function.returns)}"
    return [f"{name}: {rust_type(kind)}" for name, kind in names], result


def rust_function(function):
    parameters, result = rust_signature(function)
    line = f"    pub fn {function.name}({', '.join(parameters)}){result};"
    if len(line) <= WIDTH:
        return [line]
    words = [parameter.replace(" ", "\0") + "," for parameter in parameters]
    inside = textwrap.wrap(" ".join(words), WIDTH, initial_indent=" " * 8, subsequent_indent=" " * 8)
    return [f"    pub fn {function.name}("] + [text.replace("\0", " ") for text in inside] + [f"    ){result};"]


def rust(sections):
    out = ["pub type lottery_status = i32;", ""]
    for handle in handles_of(sections):
        out += ["#[repr(C)]", f"pub struct {handle} {{", "    _private: [u8; 0],", "}"]
    out.append("")
    for section in sections:
        for block in section.blocks:
            for function in read_header.callbacks_of(block.code):
                parameters, result = rust_signature(function)
                kind = f'Option<unsafe extern "C" fn({", ".join(parameters)}){result}>;'
                line = f"pub type {function.name} = {kind}"
                out += [line] if len(line) <= WIDTH else [f"pub type {function.name} =", f"    {kind}"]
    for section in sections:
        found = [constant for block in section.blocks for constant in read_header.constants_of(block.code)]
        if found:
            out += ["", f"// {re.match(r'[^:]*', section.title)[0]}"]
            out += [f"pub const {name}: i32 = {value};" for name, value in found]
    out += ["", "#[rustfmt::skip]", 'extern "C" {']
    for index, section in enumerate(section for section in sections if any(block.functions for block in section.blocks)):
        out += [""] * bool(index) + [f"    // {re.match(r'[^:]*', section.title)[0]}"]
        for block in section.blocks:
            for function in block.functions:
                out += rust_function(function)
    return "\n".join(out + ["}"]) + "\n"


# ---- Files ----------------------------------------------------------------------------------------------------------
FILES = {"examples/python/lottery.py": python, "examples/rust/src/raw.rs": rust}


def replaced(path, text, made):
    """The file's text with what is made between the two lines."""
    lines = text.splitlines(keepends=True)
    begin, end = ([at for at, line in enumerate(lines) if line.rstrip().endswith(mark)] for mark in (BEGIN, END))
    if len(begin) != 1 or len(end) != 1 or begin > end:
        raise SystemExit(f"{path}: the lines '{BEGIN}' and '{END}' must stand there once")
    return "".join(lines[:begin[0] + 1]) + made + "".join(lines[end[0]:])


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        print(__doc__)
        return 2
    sections, stale = read_header.read_header(), []
    for path, make in FILES.items():
        old = (top / path).read_text(encoding="utf-8")
        new = replaced(path, old, make(sections))
        if new != old:
            stale.append(path)
            if not sys.argv[1:]:
                (top / path).write_text(new, encoding="utf-8")
    if not sys.argv[1:]:
        print(f"{len(stale)} of {len(FILES)} files written")
        return 0
    for path in stale:
        print(f"{path} does not declare what include/lottery.h does: run {COMMAND}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
