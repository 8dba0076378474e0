#!/usr/bin/env python3
"""Each house rule is seen to fail: a copy of the tree with one breach planted must be refused.

    rules_bite.py ROOT
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent

# rule, file to write, its text
BREACHES = [
    ("layers.py", "src/core/breach.hpp", '#include "http/head.hpp"\n'),
    ("layers.py", "src/core/breach.cpp", "#include <thread>\n"),
    ("layers.py", "src/core/breach.cpp", "#include <boost/asio.hpp>\n"),
    ("layers.py", "src/http/breach.cpp", '#include "core/service.hpp"\n'),
    ("layers.py", "src/live/breach.cpp", '#include "sim/world.hpp"\n'),
    ("layers.py", "src/config/breach.hpp", "#include <yaml-cpp/yaml.h>\n"),
    ("layers.py", "src/unknown/breach.hpp", "#include <vector>\n"),
    ("layers.py", "include/tenfold/breach.hpp", '#include "http/server.hpp"\n'),
    ("clockless.py", "src/core/breach.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("clockless.py", "src/core/breach.cpp", 'auto p = getenv("HOME");\n'),
    ("clockless.py", "src/core/breach.cpp", "double f(double x) { return std::exp(x); }\n"),
    ("clockless.py", "src/core/breach.cpp", "double f(double x) { return pow(x, 1.5); }\n"),
    ("format.sh", "src/core/breach.cpp", "int  x ;\n"),
]


# A header that leans on what its includer includes, and code that no reader of ours would pass.
HEADER = "#pragma once\ninline std::vector<int> leaning;\n"
UNTIDY = "int BadName(int* p) {\n  if (p == 0) return 1;\n  return 2;\n}\n"


def fails(command):
    return subprocess.run(command, capture_output=True, check=False).returncode != 0


def refuses(rule, tree):
    return fails([HERE / rule, tree])


def refuses_leaning_header(tree):
    header = tree / "src/core/leaning.hpp"
    header.write_text(HEADER)
    return fails(["g++", "-std=c++23", "-fsyntax-only", "-x", "c++", header])


def refuses_untidy_source(tree):
    source = tree / "src/core/untidy.cpp"
    source.write_text(UNTIDY)
    return fails(["clang-tidy-19", f"--config-file={tree / '.clang-tidy'}", "--quiet", source, "--", "-std=c++20"])


def main(root):
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch)
        for name in ("src", "include", "cmake", "tests", "bench", "examples"):
            shutil.copytree(root / name, tree / name)
        for name in (".clang-format", ".clang-tidy"):
            shutil.copy(root / name, tree)
        missed = []
        for rule, path, text in BREACHES:
            breach = tree / path
            breach.parent.mkdir(exist_ok=True)
            breach.write_text(text)
            if not refuses(rule, tree):
                missed.append(f"{rule} lets {path} pass: {text.strip()}")
            breach.unlink()
            if not any(breach.parent.iterdir()):
                breach.parent.rmdir()
        if not refuses_leaning_header(tree):
            missed.append("a header that is not self-contained compiles")
        if not refuses_untidy_source(tree):
            missed.append("clang-tidy passes bad names and null pointers written as 0")
    print("\n".join(missed) if missed else f"{len(BREACHES) + 2} planted breaches refused")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
