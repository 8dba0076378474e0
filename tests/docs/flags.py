"""The flags in the documentation's tables and command lines, against --help.

    flags.py --check    tells each row that says something else than --help, and each flag that no command has
    flags.py --write    writes what --help says into the rows

The words are in one place, the program's table of settings (src/config) or the command's own file (src/cli). A row may
have marks that --help has not: `code` and [links](to.md).
"""
import os
import pathlib
import re
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TENFOLD = os.environ.get("TENFOLD", str(SOURCE / "build/release/tenfold"))
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs").glob("*.md")), *sorted(SOURCE.glob("examples/*/README.md"))]
# Of the command whose flags a page's tables hold.
COMMAND_OF = {"configuration.md": "up", "simulation.md": "simulate", "load.md": "load", "live.md": "logs"}

# The help's words begin here, or on the next line where flag and value leave no room.
COLUMN = 30
OPTION = re.compile(r"^  (?:-\w,)?(--[\w-]+)(.*)$")
DEFAULT = re.compile(r" ?\[([^\]]*)\]$")
ROW = re.compile(r"^\| `(--[\w-]+)(?: ([^`]+))?` \|")
LINE = re.compile(r"^ *(?:\$ )?(?:tenfold|\./run) ([a-z]+)\b(.*)")
FLAG = re.compile(r"(?<![\w'-])--[a-z][\w-]*")


class Flag:
    def __init__(self, value, text):
        default = DEFAULT.search(text)
        self.value = value
        self.default = default[1] if default else ""
        self.words = DEFAULT.sub("", text)


def flags_of(command):
    """The flags that --help tells of."""
    ran = subprocess.run([TENFOLD, *command.split(), "--help"], capture_output=True, text=True, check=True)
    flags, name, value = {}, None, ""
    lines = ran.stdout.splitlines()
    for line, following in zip(lines, [*lines[1:], ""]):
        has_words = not following.startswith(" " * COLUMN) and line[COLUMN - 1:COLUMN] == " "
        if option := OPTION.match(line[:COLUMN] if has_words else line):
            name, value = option[1], option[2].strip()
            flags[name] = Flag(value, line[COLUMN:] if has_words else "")
        elif name and line.startswith(" " * COLUMN):
            flags[name] = Flag(value, line.strip())
        elif not line:
            name = None
    return flags


def plain(cell):
    """Without marks."""
    cell = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell)
    return cell.replace("`", "").replace(r"\|", "|").strip()


def cells_of(row):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


class Page:
    def __init__(self, path):
        self.path = path
        self.lines = path.read_text().split("\n")
        self.wrong = []

    def row(self, number, columns, flags):
        """The row as --help has it; what its columns are is in the table's head."""
        row = self.lines[number]
        name, value = ROW.match(row)[1], ROW.match(row)[2] or ""
        if name not in flags:
            self.wrong.append(f"{self.path.name}:{number + 1}: {name} is no flag")
            return row
        said = flags[name]
        cells = cells_of(row)
        wanted = {"flag": said.value, "default": said.default, "": said.words, "what": said.words}
        has = {"flag": value.replace(r"\|", "|")}
        for i, column in enumerate(columns):
            if column not in wanted or has.get(column, plain(cells[i])) == plain(wanted[column]):
                continue
            self.wrong.append(f"{self.path.name}:{number + 1}: {name}: '{plain(cells[i])}', and --help says "
                              f"'{wanted[column]}'")
            escaped = wanted[column].replace("|", r"\|")
            cells[i] = f"`{name} {escaped}`" if column == "flag" else escaped
        return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"

    def tables(self):
        flags = flags_of(COMMAND_OF[self.path.name])
        columns = []
        for number, line in enumerate(self.lines):
            if line.startswith("| flag |"):
                columns = cells_of(line)
            elif columns and ROW.match(line):
                self.lines[number] = self.row(number, columns, flags)
            elif not line.startswith("|"):
                columns = []

    def command_lines(self, commands):
        for number, line in enumerate(self.lines):
            found = LINE.match(line)
            if not found or found[1] not in commands:
                continue
            for flag in FLAG.findall(re.split(r" -- |#", found[2])[0]):
                if flag not in commands[found[1]]:
                    self.wrong.append(f"{self.path.name}:{number + 1}: {found[1]} has no flag {flag}")


def main():
    commands = {name: flags_of(name) for name in ("up", "load", "explain", "simulate", "tune", "solver")}
    wrong = []
    for path in PAGES:
        page = Page(path)
        if path.name in COMMAND_OF:
            page.tables()
        page.command_lines(commands)
        wrong += page.wrong
        if sys.argv[1:] == ["--write"] and page.wrong:
            path.write_text("\n".join(page.lines))
    print("\n".join([*wrong, f"{len(wrong)} wrong"]))
    return 1 if wrong and sys.argv[1:] == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main())
