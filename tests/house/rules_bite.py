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
    ("format.sh", "src/core/breach.cpp", "int  x ;\n"),
]


def refuses(rule, tree):
    return subprocess.run([HERE / rule, tree], capture_output=True, check=False).returncode != 0


def main(root):
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch)
        for name in ("src", "include", "cmake", "tests", "bench", "examples"):
            shutil.copytree(root / name, tree / name)
        shutil.copy(root / ".clang-format", tree)
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
    print("\n".join(missed) if missed else f"{len(BREACHES)} planted breaches refused")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
