#!/usr/bin/env python3
"""Compiles and runs what README.md and docs/tutorial.md show, and checks their links and those of the other documents.
   snippets.py BUILD_DIRECTORY

A fence's first line says what a snippet is:
  c         C; a document's blocks, one after another, are one program, which must compile after each of them
  cmake     what a CMakeLists.txt says of that program, after its project(); it is built
  sh        commands that need a network, root or long: they must name files of the tree and options that those have
  sh run    commands that are run, in a folder like the tree's with the program as ticket.c and a small image set
  text      output; looked at only in that it is there"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import tiny_dataset

top = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = {"cmake", "cc", "ctest", "git", "python3", "sudo", "apt-get"}
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
UNFINISHED = ["-Wno-unused-function", "-Wno-unused-variable", "-Wno-unused-but-set-variable", "-Wno-unused-parameter"]
faults = []


def fault(*words):
    faults.append(": ".join(str(word) for word in words))
    print("FAULT", faults[-1])


def snippets(document):
    """(kind, first line, text) of each fence."""
    text = (top / document).read_text(encoding="utf-8")
    for match in re.finditer(r"^```([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match.group(1), text.count("\n", 0, match.start()) + 2, match.group(2)


def execute(where, command, **options):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode != 0:
        fault(where, f"fails with {done.returncode}:\n{done.stdout}")
    return done.stdout


def open_braces(code):
    plain = re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"])*\"|'(?:\\.|[^'])*'", "", code, flags=re.DOTALL)
    return plain.count("{") - plain.count("}")


def compile_steps(document, work):
    """Returns the whole program."""
    program = ""
    for kind, line, text in snippets(document):
        if kind != "c":
            continue
        program += text
        left = open_braces(program)
        source = work / "step.c"
        source.write_text(program + "}\n" * left, encoding="utf-8")
        execute(f"{document}:{line}", [os.environ.get("CC", "cc"), *STRICT, *(UNFINISHED if left else []),
                                       f"-I{top / 'include'}", "-fsyntax-only", source])
    if open_braces(program) != 0:
        fault(document, "its program does not end")
    return program


def check_command(where, line):
    words = shlex.split(line, comments=True)
    if not words:
        return
    example = re.fullmatch(r"build/examples/(\w+)", words[0])
    sources = list((top / "examples" / "study" / example[1]).glob("*.c")) if example else []
    if example and (top / "examples" / f"{example[1]}.c").exists():
        sources.append(top / "examples" / f"{example[1]}.c")
    if sources:  # built; its options are strings without --
        known = "".join(source.read_text(encoding="utf-8") for source in sources)
        for word in words[1:]:
            if word.startswith("--") and f'"{word[2:]}"' not in known:
                fault(where, f"{words[0]} has no option {word}")
        return
    if words[0] not in PROGRAMS and not os.access(top / words[0], os.X_OK):
        fault(where, f"{words[0]} is neither a file of the tree that can be run nor a known program")
        return
    script = (top / words[0]).read_text(encoding="utf-8") if words[0] not in PROGRAMS else None
    for word in words[1:]:
        if script is not None and word.startswith("-") and word not in script:
            fault(where, f"{words[0]} has no option {word}")
        if "/" in word and "$" not in word and not word.startswith(("-", "/", "build")) and not (top / word).exists():
            fault(where, f"{word} is not in the tree")


def run_commands(document, build, work, program):
    """A folder that looks like the tree: its include/, its build/, and files as the document's reader has them."""
    place = work / (pathlib.Path(document).stem + " place")
    (place / "build" / "data").mkdir(parents=True)
    tiny_dataset.write(place / "build" / "data")
    for file in (place / "build" / "data").iterdir():
        (place / file.name).symlink_to(file)
    for file in build.iterdir():
        if file.name != "data":
            (place / "build" / file.name).symlink_to(file)
    (place / "include").symlink_to(top / "include")
    (place / "ticket.c").write_text(program, encoding="utf-8")
    environment = {**os.environ, "HOME": str(work / "home")}
    for name in ("PKG_CONFIG_PATH", "LD_LIBRARY_PATH"):
        environment.pop(name, None)
    for kind, line, text in snippets(document):
        where = f"{document}:{line}"
        if kind == "sh run":
            print(execute(where, ["sh", "-euc", text], cwd=place, env=environment))
        elif kind == "cmake":
            project = place / "project"
            project.mkdir()
            shutil.copy(place / "ticket.c", project)
            (project / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(stranger LANGUAGES C)\n" + text, encoding="utf-8")
            execute(where, ["cmake", "-S", project, "-B", project / "build",
                            f"-DCMAKE_PREFIX_PATH={work / 'home' / 'lottery'}"])
            execute(where, ["cmake", "--build", project / "build"])


def check_links(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"<img [^>]*src=\"([^\"]+)\"", text):
        name, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        goal = path.parent / name if name else path
        if not goal.exists():
            fault(path.relative_to(top), f"links to {target}, which is not there")
        elif anchor and goal.suffix == ".md" and f'id="{anchor}"' not in goal.read_text(encoding="utf-8"):
            fault(path.relative_to(top), f"links to {target}, an anchor that is not there")


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    for path in [top / "README.md", top / "CHANGELOG.md", top / "tests/README.md", *sorted((top / "docs").rglob("*.md")),
                 *sorted((top / "examples").glob("*/README.md"))]:
        check_links(path)
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        for document in ("README.md", "docs/tutorial.md"):
            for kind, line, text in snippets(document):
                if kind not in ("c", "cmake", "sh", "sh run", "text"):
                    fault(f"{document}:{line}", f"a fence of kind '{kind}'")
                for number, command in enumerate(text.splitlines() if kind == "sh" else []):
                    check_command(f"{document}:{line + number}", command)
            program = compile_steps(document, work)
            run_commands(document, build, work, program)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
