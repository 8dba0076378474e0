#!/usr/bin/env python3
"""The core asks for nothing: no clock, random device, environment or log, by any spelling. And it computes the same on
every processor: of the mathematical functions only those whose result IEEE 754 fixes to the last bit, the others as
core/portable_math.hpp has them.

    clockless.py ROOT      exit 0, or 1 with one line per breach
"""
import pathlib
import re
import sys

FORBIDDEN = re.compile(r"_clock::now|\brandom_device\b|\bgetenv\b|\btime\(|\brand\(|\bprintf\(|\bstd::c(out|err|log)\b|\bsimulat")

# What each library rounds in its own way, and chooses by what the processor has.
UNPORTABLE = re.compile(
    r"\b(?:std::)?(exp|exp2|expm1|log|log2|log10|log1p|logb|pow|cbrt|hypot|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|"
    r"tanh|asinh|acosh|atanh|erf|erfc|tgamma|lgamma|beta|riemann_zeta)[fl]?\(")


def main(root):
    breaches = []
    for path in sorted((root / "src/core").rglob("*.?pp")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = line.split("//")[0]
            if match := FORBIDDEN.search(code):
                breaches.append(f"{path.relative_to(root)}:{number}: '{match[0]}' has no place in the core")
            if match := UNPORTABLE.search(code):
                breaches.append(f"{path.relative_to(root)}:{number}: '{match[1]}' rounds in its own way: core/portable_math.hpp")
    print("\n".join(breaches) if breaches else "the core is pure")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
