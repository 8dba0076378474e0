"""Writes the modules of a Python package as C++.

    embed_python.py FOLDER OUT.cpp
"""
import pathlib
import sys

PIECE = 60


def literal(data):
    pieces = (data[at:at + PIECE] for at in range(0, len(data), PIECE))
    return "\n".join('    "' + "".join(f"\\{byte:03o}" for byte in piece) + '"' for piece in pieces) or '    ""'


def main(folder, out):
    modules = "".join(f'  {{"{path.name}",\n{literal(path.read_bytes())}}},\n' for path in sorted(folder.glob("*.py")))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text('// Made by cmake/embed_python.py.\n#include "cli/python_package.hpp"\n\nnamespace tenfold::cli {\n\nnamespace {\n\n'
                   f"constexpr PythonModule kModules[] = {{\n{modules}}};\n\n}}  // namespace\n\n"
                   "std::span<const PythonModule> python_modules() { return kModules; }\n\n}  // namespace tenfold::cli\n")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
