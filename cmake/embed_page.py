"""Writes the files of a folder as C++: their bytes, plain and compressed.

    embed_page.py FOLDER OUT.cpp

The same files give the same bytes, whatever the day and the machine.
"""
import gzip
import hashlib
import pathlib
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}
PIECE = 60


def literal(data):
    """A string literal of any bytes, in lines that a compiler takes."""
    pieces = (data[at:at + PIECE] for at in range(0, len(data), PIECE))
    return "\n".join('    "' + "".join(f"\\{byte:03o}" for byte in piece) + '"' for piece in pieces) or '    ""'


def asset(path):
    data = path.read_bytes()
    packed = gzip.compress(data, 9, mtime=0)
    etag = hashlib.sha256(data).hexdigest()[:16]
    name = "/" if path.name == "index.html" else "/" + path.name
    return (f'  {{"{name}", "{TYPES[path.suffix]}", "\\"{etag}\\"",\n   {{\n{literal(data)},\n    {len(data)}}},\n'
            f"   {{\n{literal(packed)},\n    {len(packed)}}}}},\n")


def main(folder, out):
    assets = "".join(asset(path) for path in sorted(folder.iterdir()))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text('// Made by cmake/embed_page.py.\n#include "live/page/assets.hpp"\n\nnamespace tenfold::live {\n\n'
                   "namespace {\n\n"
                   f"constexpr Asset kAssets[] = {{\n{assets}}};\n\n}}  // namespace\n\n"
                   "std::span<const Asset> page_assets() { return kAssets; }\n\n}  // namespace tenfold::live\n")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
