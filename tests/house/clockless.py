#!/usr/bin/env python3
"""The core asks for nothing: no clock, random device, environment or log, by any spelling.

    clockless.py ROOT      exit 0, or 1 with one line per breach
"""
import pathlib
import re
import sys

FORBIDDEN = re.compile(r"_clock::now|\brandom_device\b|\bgetenv\b|\btime\(|\brand\(|\bprintf\(|\bstd::c(out|err|log)\b|\bsimulat")


def main(root):
    breaches = []
    for path in sorted((root / "src/core").rglob("*.?pp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("//")[0]
            if match := FORBIDDEN.search(code):
                breaches.append(f"{path.relative_to(root)}:{number}: '{match[0]}' has no place in the core")
    print("\n".join(breaches) if breaches else "the core is pure")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
