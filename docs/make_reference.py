#!/usr/bin/env python3
"""Makes docs/reference/ from include/lottery.h, whose comments are the manual: a page a section, an anchor a name.

  make_reference.py            writes the pages
  make_reference.py --check    says which pages are not what the header makes, and fails if any is

tests/docs/header_documented.py reads the header through this file, too."""
import pathlib
import re
import sys
from dataclasses import dataclass, field

top = pathlib.Path(__file__).resolve().parents[1]
pages = top / "docs" / "reference"
NAME = re.compile(r"\b(?:lottery_[a-z0-9_]+|LOTTERY_[A-Z0-9_]+)\b")


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


def file_of(section):
    number, name = re.match(r"(\d+) (\w+)", section.title).groups()
    return f"{number}-{name.lower()}.md"


def linked(text, places, here, parameters=()):
    """Prose as Markdown: names become code and links, what Markdown would read as its own is escaped."""
    def plain(part):
        for name in parameters:  # "count: the tensor's elements", "mean, deviation: [groups]"
            part = re.sub(rf"(?<![\w`]){name}(?=(?:, \w+)*(?: \([^()]*\))?: )", f"\0{name}\1", part)
        part = re.sub(r"`(\w+)`", "\0\\1\1", part)
        part = re.sub(r"([\\*_<>\[\]|`#])", r"\\\1", part)
        return re.sub("\0(.*?)\1", lambda match: "`" + match.group(1).replace("\\", "") + "`", part)

    out, last = [], 0
    for match in NAME.finditer(text):
        if text[match.end():match.end() + 1] == "…" or match.group() not in places:
            continue
        page, anchor = places[match.group()]
        target = f"#{anchor}" if page == here else f"{page}#{anchor}"
        out += [plain(text[last:match.start()]), f"[`{match.group()}`]({target})"]
        last = match.end()
    return "".join(out + [plain(text[last:])])


def prose(comment, places, here, parameters=()):
    """Paragraphs; "Topic. Text" with hanging lines is one each; indented lines with columns are a listing; a line
    "name: text" after the end of a sentence begins an item."""
    paragraphs, current, hanging, item = [], [], False, False

    def close():
        nonlocal current, hanging, item
        if current:
            listing = all(re.match(r"  .*\S {2,}\S", line) for line in current)
            joined = "\n".join(line[2:] if listing else line.strip() for line in current)
            plain = f"```\n{joined}\n```" if listing else linked(joined, places, here, parameters)
            paragraphs.append("- " + plain.replace("\n", "\n  ") if item else plain)
        current, hanging, item = [], False, False

    for line in comment.split("\n"):
        column = bool(re.match(r"  .*\S {2,}\S", line))
        if not line.strip():
            close()
            continue
        if current and re.match(r"(Errors|Returns)\b", line):
            close()
        elif current and column != bool(re.match(r"  .*\S {2,}\S", current[-1])):
            close()
        elif current and hanging and not line.startswith("  "):
            close()
        elif current and current[-1].endswith(".") and re.match(r"\w+(, \w+)*( \([^()]*\))?: ", line):
            close()
            item = True
        hanging = hanging or (bool(current) and line.startswith("  ") and not column)
        current.append(line)
    close()
    return "\n\n".join(paragraphs)


def page_of(section, places):
    here = file_of(section)
    out = [f"# {section.title}", "Made from `include/lottery.h` by `docs/make_reference.py`: change it there. "
           "[All pages](README.md)"]
    if section.comment:
        out.append(prose(section.comment, places, here))
    for block in section.blocks:
        if block.names:
            anchors = "".join(f'<a id="{name}"></a>' for name in dict.fromkeys(
                [block.names[0]] + [function.name for function in block.functions]))
            out.append("### " + anchors + ", ".join(f"`{name}`" for name in heading_of(block)))
        out.append(f"```c\n{block.code}\n```")
        if block.comment:
            parameters = {name for function in block.functions for _, name in function.parameters}
            out.append(prose(block.comment, places, here, sorted(parameters)))
    return "\n\n".join(out) + "\n"


def heading_of(block):
    """Functions and types by name, constants by what their names begin with."""
    constants = [name for name in block.names if name.startswith("LOTTERY_")]
    others = [name for name in block.names if not name.startswith("LOTTERY_")]
    groups = []
    for enum in re.findall(r"enum \{(.*?)\};", re.sub(r"/\*.*?\*/", " ", block.code, flags=re.DOTALL), re.DOTALL):
        inside = re.findall(r"\b(LOTTERY_\w+)\s*=", enum)
        stem = inside[0]
        while len(inside) > 1 and not all(name.startswith(stem) for name in inside):
            stem = stem[:-1]
        stem = stem[:stem.rindex("_") + 1]
        groups.append(inside[0] if len(inside) == 1 or stem == "LOTTERY_" else stem + "…")
    return groups + others if constants else others


def make():
    """Page name -> text."""
    sections = read_header()
    places = {}
    for section in sections:
        for block in section.blocks:
            functions = {function.name for function in block.functions}
            for name in block.names:
                places[name] = (file_of(section), name if name in functions else block.names[0])
    texts = {file_of(section): page_of(section, places) for section in sections}
    index = ["# Reference", "The public interface, made from `include/lottery.h` by `docs/make_reference.py`."]
    for section in sections:
        index.append(f"## [{section.title}]({file_of(section)})")
        functions = [function.name for block in section.blocks for function in block.functions]
        if functions:
            index.append("\n".join(f"- [`{name}`]({file_of(section)}#{name})" for name in functions))
    texts["README.md"] = "\n\n".join(index) + "\n"
    return texts


def main():
    texts = make()
    old = {path.name: path.read_text(encoding="utf-8") for path in pages.glob("*.md")} if pages.exists() else {}
    stale = sorted(name for name in texts.keys() | old.keys() if texts.get(name) != old.get(name))
    if sys.argv[1:] == ["--check"]:
        for name in stale:
            print(f"docs/reference/{name} is not what include/lottery.h makes: run docs/make_reference.py")
        return 1 if stale else 0
    if sys.argv[1:]:
        print(__doc__)
        return 2
    pages.mkdir(exist_ok=True)
    for name in stale:
        if name in texts:
            (pages / name).write_text(texts[name], encoding="utf-8")
        else:
            (pages / name).unlink()
    print(f"{len(stale)} of {len(texts)} pages written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
