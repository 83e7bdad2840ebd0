"""Reads include/lottery.h as a manual: sections, blocks of declarations with their comment, functions, constants.

docs/make_reference.py, examples/make_declarations.py and tests read the header through this file."""
import pathlib
import re
from dataclasses import dataclass, field

top = pathlib.Path(__file__).resolve().parents[1]


@dataclass
class Function:
    name: str
    returns: str
    parameters: list  # (type, name)


@dataclass
class Block:
    """Declarations without an empty line between them, and the comment above them."""
    comment: str
    code: str
    functions: list = field(default_factory=list)
    names: list = field(default_factory=list)  # everything that it declares


@dataclass
class Section:
    title: str
    comment: str
    blocks: list = field(default_factory=list)


def text_of(comment):
    """A comment's lines without its frame."""
    body = re.sub(r"^/\*|\*/$", "", comment.strip())
    lines = [re.sub(r"^ ?\* ?", "", line).rstrip() for line in body.strip("\n").split("\n")]
    lines[0] = lines[0].strip()
    return "\n".join(line for line in lines if not re.fullmatch(r"[= ]*={9,}", line)).strip("\n")


def functions_of(code):
    plain = re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL)
    found = []
    for match in re.finditer(r"(?:^|;)\s*([\w \*]+?)\b(lottery_\w+)\s*\(([^()]*)\)\s*(?=;)", plain):
        parameters = []
        for text in match.group(3).split(","):
            if text.strip() == "void":
                continue
            kind, name = re.fullmatch(r"\s*(.*?)(\w+)\s*", text, re.DOTALL).groups()
            parameters.append((" ".join(kind.split()), name))
        found.append(Function(match.group(2), " ".join(match.group(1).split()), parameters))
    return found


def constants_of(code):
    """(name, value) of each constant."""
    plain = re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL)
    return [(name, int(value)) for name, value in re.findall(r"\b(LOTTERY_\w+)\s*=\s*(-?\d+)", plain)]


def callbacks_of(code):
    """The types of functions, as functions."""
    plain = re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL)
    found = re.findall(r"typedef ([\w ]+\**)\s*\(\*(lottery_\w+)\)\(([^()]*)\)\s*;", plain)
    return functions_of(" ".join(f"{returns} {name}({parameters});" for returns, name, parameters in found))


def names_of(code):
    plain = re.sub(r"/\*.*?\*/", " ", code, flags=re.DOTALL)
    names = re.findall(r"\b(LOTTERY_\w+)\s*=", plain)
    names += re.findall(r"\(\*(lottery_\w+)\)\(", plain) + re.findall(r"^typedef [\w ]+\b(lottery_\w+);", plain, re.M)
    return names + [function.name for function in functions_of(code)]


def read_header(path=top / "include" / "lottery.h"):
    """The header's sections."""
    text = path.read_text(encoding="utf-8")
    sections = []
    for paragraph in re.split(r"\n\s*\n", text):
        paragraph = paragraph.strip("\n")
        comment = re.match(r"/\*.*?\*/", paragraph, re.DOTALL)
        if comment and re.match(r"/\* =+\n", comment.group()):
            title, _, rest = text_of(comment.group()).partition("\n")
            sections.append(Section(title.strip(), rest.strip("\n")))
            paragraph = paragraph[comment.end():].strip("\n")
            comment = None
        if not sections or not paragraph or paragraph.startswith("#"):
            continue
        code = paragraph[comment.end():].strip("\n") if comment else paragraph
        sections[-1].blocks.append(
            Block(text_of(comment.group()) if comment else "", code, functions_of(code), names_of(code)))
    return sections
