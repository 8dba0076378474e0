"""The commands of the documentation and what they print.

    blocks.py --list            the blocks, by the name under which ctest runs them
    blocks.py --check NAME...   runs each block and compares
    blocks.py --write           runs all of them and writes what they print into the pages

A block is fenced code whose first line begins with `$ tenfold`. What follows a command is what it prints, byte for
byte: a simulation of a seed is always the same. Only what our own clock measures is compared by its words.

A page may show less than all. Then a comment stands before the block, and "..." for each run of lines left out:

    <!-- shown: from /^chosen/ -->      from the first line that matches
    <!-- shown: to /^No further/ -->    up to the first line that matches
    <!-- shown: lines /queue|ends/ -->  lines that match

A file that the command reads is a block of the page with `<!-- file: NAME -->` before it.
"""
import argparse
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TENFOLD = os.environ.get("TENFOLD", str(SOURCE / "build/release/tenfold"))
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md"))]
LEFT_OUT = "..."

FENCE = re.compile(r"^( *)```")
COMMAND = "$ tenfold"
SHOWN = re.compile(r"<!-- shown: (from|to|lines) /(.*)/ -->")
FILE = re.compile(r"<!-- file: ([\w.-]+) -->")
# What our own clock measures.
CLOCK = re.compile(r'("simulated_requests_per_s": ?)[-+.\dE]+')


class NothingShown(Exception):
    """What a page wants to show is not printed any more: its comment needs another pattern."""


class Block:
    """One fenced block of a page, without its fences and indentation."""

    def __init__(self, page, begin, end, indent, comment):
        self.page, self.begin, self.end, self.indent, self.comment = page, begin, end, indent, comment

    def lines(self):
        return [line.removeprefix(self.indent) for line in self.page.lines[self.begin:self.end]]

    def is_command(self):
        return self.begin < self.end and self.lines()[0].startswith(COMMAND)

    def is_slow(self):
        return self.lines()[0].startswith(COMMAND + " tune")

    def commands(self):
        return [line for line in self.lines() if line.startswith(COMMAND)]

    def printed(self):
        """Its commands and what they print now, as the page is to show it."""
        return [line for command in self.commands() for line in [command, *excerpt(self.run(command), self.comment)]]

    def run(self, command):
        command = command.removeprefix("$ ")
        with tempfile.TemporaryDirectory() as directory:
            for name, text in self.page.files.items():
                pathlib.Path(directory, name).write_text(text)
            ran = subprocess.run(["bash", "-c", "tenfold() { " + shlex.quote(TENFOLD) + ' "$@"; }\nset -o pipefail\n' + command],
                                 env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
                                 cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
        if ran.returncode not in (0, 1, 2):  # it is not there, or has crashed: nothing for a page
            raise SystemExit(f"{command}: exit code {ran.returncode}\n{ran.stdout}")
        return ran.stdout.splitlines()

    def difference(self):
        """Empty where the page shows what the command prints."""
        try:
            shown, printed = self.lines(), self.printed()
        except NothingShown as nothing:
            return str(nothing)
        if [without_clock(line) for line in shown] == [without_clock(line) for line in printed]:
            return ""
        return "\n".join(difflib.unified_diff(shown, printed, "the page", "what it prints", lineterm=""))


class Page:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        self.lines = path.read_text().split("\n")
        self.blocks = list(self.find())
        self.files = {}
        for block in self.blocks:
            if found := FILE.search(block.comment):
                self.files[found[1]] = "\n".join(block.lines()) + "\n"

    def find(self):
        number = 0
        while number < len(self.lines):
            fence = FENCE.match(self.lines[number])
            if fence:
                end = number + 1
                while not FENCE.match(self.lines[end]):
                    end += 1
                yield Block(self, number + 1, end, fence[1], self.comment_before(number))
                number = end
            number += 1

    def comment_before(self, number):
        before = [line for line in self.lines[max(number - 2, 0):number] if line.strip()]
        return before[-1].strip() if before and before[-1].strip().startswith("<!--") else ""

    def commands(self):
        return {f"{self.name}.{i}": block
                for i, block in enumerate((block for block in self.blocks if block.is_command()), 1)}

    def write(self):
        """Changes what differs. Returns the names of those blocks."""
        changed = []
        for name, block in reversed(self.commands().items()):
            if not block.difference():
                continue
            try:
                printed = block.printed()
            except NothingShown as nothing:
                print(f"not written: {name}: {nothing}")
                continue
            changed.append(name)
            self.lines[block.begin:block.end] = [(block.indent + line).rstrip() for line in printed]
        if changed:
            self.path.write_text("\n".join(self.lines))
        return changed


def without_clock(line):
    return CLOCK.sub(r"\1#", line.rstrip())


def excerpt(lines, comment):
    """The lines that a comment asks for, with a mark for each run that is left out."""
    found = SHOWN.search(comment)
    if not found:
        return lines
    kind, pattern = found[1], re.compile(found[2])
    matching = [i for i, line in enumerate(lines) if pattern.search(line)]
    if not matching:
        raise NothingShown(f"no line matches /{found[2]}/ in\n" + "\n".join(lines))
    kept = {"from": range(matching[0], len(lines)), "to": range(matching[0] + 1), "lines": matching}[kind]
    shown, last = [], -1
    for i in kept:
        shown += [LEFT_OUT] if i > last + 1 else []
        shown.append(lines[i])
        last = i
    return shown + ([LEFT_OUT] if last + 1 < len(lines) else [])


def all_commands():
    return {name: block for path in PAGES for name, block in Page(path).commands().items()}


def check(names):
    blocks, failed = all_commands(), 0
    for name in names:
        if difference := blocks[name].difference():
            failed += 1
            print(f"{name}: {blocks[name].lines()[0]}\n{difference}\n")
    if failed:
        print(f"{failed} of {len(names)} print something else; tests/docs/write mends the pages")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true")
    what.add_argument("--check", nargs="+", metavar="NAME")
    what.add_argument("--write", action="store_true")
    line = parser.parse_args()
    if line.list:
        for name, block in all_commands().items():
            print(name, "slow" if block.is_slow() else "quick")
        return 0
    if line.check:
        return 1 if check(line.check) else 0
    for path in PAGES:
        for name in Page(path).write():
            print("written:", name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
