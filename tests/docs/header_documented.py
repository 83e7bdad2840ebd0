#!/usr/bin/env python3
"""Checks that the public header is a manual: each function has a comment, of its own or of the group of declarations
that it stands in; each parameter is named in the comments of its section, of one that its comment refers to ("as in
section 4"), or in the conventions; each function that returns a status says its errors.
   header_documented.py            or   header_documented.py --self-test"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "docs"))
import read_header  # noqa: E402


def comments_of(section):
    return "\n".join([section.comment] + [block.comment for block in section.blocks])


def faults(sections):
    conventions = sections[0].comment
    for section in sections:
        own = comments_of(section)
        for block in section.blocks:
            referred = [comments_of(sections[int(number) - 1])
                        for number in re.findall(r"as in section (\d+)", block.comment) if int(number) <= len(sections)]
            comments = "\n".join([conventions, own] + referred)
            for function in block.functions:
                if not block.comment:
                    yield f"{function.name}: no comment"
                    continue
                if function.returns == "lottery_status" and "Errors:" not in block.comment:
                    yield f"{function.name}: its comment says no errors"
                for kind, name in function.parameters:
                    # lottery_mask *mask says itself what it is: the handle that the function works on.
                    itself = kind == f"lottery_{name} *"
                    if not itself and not re.search(rf"(?<!\w){name}(?!\w)", comments):
                        yield f"{function.name}: parameter {name} is explained nowhere in section {section.title}"


def read(text):
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "lottery.h"
        path.write_text(text, encoding="utf-8")
        return list(faults(read_header.read_header(path)))


def self_test():
    rule = "/* " + "=" * 98 + "\n * "
    end = "\n * " + "=" * 98 + " */\n\n"
    head = f"{rule}1 Conventions\n *\n * out receives it.{end}{rule}2 Things{end}"
    make = ("/* Makes it. size: how large.\n * Errors: MEMORY. */\n"
            "lottery_status lottery_thing_make(int64_t size, int *out);\n")
    more = "lottery_status lottery_thing_more("
    cases = [(make, None),
             (make + more + "lottery_thing *thing, int64_t size);\n", None),
             (make + "\nvoid lottery_thing_gone(int64_t size);\n", "lottery_thing_gone: no comment"),
             (make.replace("Errors", "Faults"), "says no errors"),
             (make.replace("size:", "sizes:"), "parameter size"),
             (make + more + "const char *name,\n  int64_t size);\n", "parameter name"),
             (make + "\n/* As in section 1. Errors: none. */\n" + more + "int rank);\n", "parameter rank"),
             (make + "\n/* The rank. Errors: as in section 1. */\n" + more + "int rank);\n", None)]
    failed = 0
    for text, fault in cases:
        found = read(head + text)
        if (fault is None and found) or (fault is not None and not (len(found) == 1 and fault in found[0])):
            print(f"expected {fault}, found {found}:\n{text}")
            failed = 1
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    sections = read_header.read_header()
    count = sum(len(block.functions) for section in sections for block in section.blocks)
    header = (read_header.top / "include" / "lottery.h").read_text(encoding="utf-8")
    declared = set(re.findall(r"\b(lottery_\w+)\(", re.sub(r"/\*.*?\*/", " ", header, flags=re.DOTALL)))
    found = list(faults(sections))
    seen = {function.name for section in sections for block in section.blocks for function in block.functions}
    found += [f"{name}: not understood by docs/read_header.py" for name in sorted(declared - seen)]
    print("\n".join(found) if found else f"{count} functions are documented")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
