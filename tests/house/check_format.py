#!/usr/bin/python3
"""clang-format-19 has nothing to change in the C++ sources. To repair: clang-format-19 -i FILE."""

import subprocess

import tree

paths = [str(tree.ROOT / path) for path in [*tree.tower_files(".h", ".cpp"), *tree.files(".h", ".cpp", below="tests/unit")]]
result = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *paths], capture_output=True, text=True)
tree.conclude([line for line in result.stderr.splitlines() if "error:" in line])
