"""What ARCHITECTURE.md says of the code: that each file it names is there, and that a row of "Where to change what" which
names an enumeration of the core names every file with a switch over it.

    architecture.py ROOT      exit 0, or 1 with one line for each that is not so
"""
import pathlib
import re
import sys

# As `core/queue/order.hpp` or `core/scale/`.
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
ENUM = re.compile(r"`core::([A-Z]\w+)`")


def is_there(root, path):
    return any((root / above / path).exists() for above in ("", "src"))


def switches(root, enum):
    """The files under src that hold a `case` of the enumeration."""
    case = re.compile(rf"\bcase (?:\w+::)*{enum}::k")
    return {str(path.relative_to(root / "src")) for path in (root / "src").rglob("*.?pp") if case.search(path.read_text())}


def main(root):
    wrong = []
    enums = 0
    for number, line in enumerate((root / "ARCHITECTURE.md").read_text().splitlines(), 1):
        paths = PATH.findall(line)
        wrong += [f"ARCHITECTURE.md:{number}: there is no {path}" for path in paths if not is_there(root, path)]
        for enum in ENUM.findall(line) if line.startswith("|") else []:
            enums += 1
            wrong += [f"ARCHITECTURE.md:{number}: {path} has a switch over core::{enum}, too"
                      for path in sorted(switches(root, enum) - set(paths))]
    if enums < 5:
        wrong.append(f"ARCHITECTURE.md: {enums} enumerations are named; the table has moved")
    print("\n".join(wrong) if wrong else f"every path is there; {enums} enumerations are complete")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
