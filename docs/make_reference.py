#!/usr/bin/env python3
"""Makes docs/reference/ from include/lottery.h, whose comments are the manual: a page a section, an anchor a name.

  make_reference.py            writes the pages
  make_reference.py --check    says which pages are not what the header makes, and fails if any is"""
import re
import sys

from read_header import read_header, top

pages = top / "docs" / "reference"
NAME = re.compile(r"\b(?:lottery_[a-z0-9_]+|LOTTERY_[A-Z0-9_]+)\b")


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
