"""The source tree as the house rules see it. Used by every check_*.py; each prints its findings and exits with 1 if any."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# From the ground up: a folder may include only itself and what stands left of it.
TOWER = ["lifter", "jit", "runtime", "abi", "nativelibs", "bench", "tools"]
CODE = (".h", ".cpp", ".inc", ".S")  # C is for guest programs only, which may do what they like


def files(*suffixes, below="."):
    """Every file of the repository with one of the suffixes (all, if none is given), as a path relative to ROOT."""
    for path in sorted((ROOT / below).rglob("*")):
        relative = path.relative_to(ROOT)
        hidden = relative.parts[0] in (".git", "build") or "__pycache__" in relative.parts
        if path.is_file() and not hidden and (not suffixes or path.suffix in suffixes):
            yield relative


def tower_files(*suffixes):
    for folder in TOWER:
        if (ROOT / folder).is_dir():
            yield from files(*suffixes, below=folder)


def lines(path):
    """Numbered lines, from 1."""
    return enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), 1)


def without_comment(line):
    return line.split("//")[0]


def conclude(findings):
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)
