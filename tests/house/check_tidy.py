#!/usr/bin/python3
"""clang-tidy-19 has nothing to say of the C++ sources (.clang-tidy). Takes minutes, so its test has the label long."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import tree

BUILD = tree.ROOT / "build/release"


def findings(path):
    command = ["clang-tidy-19", "-p", str(BUILD), "--quiet", path]
    result = subprocess.run(command, capture_output=True, text=True)
    return [line for line in result.stdout.splitlines() if "error:" in line or "warning:" in line]


compiled = {entry["file"] for entry in json.loads((BUILD / "compile_commands.json").read_text())}
paths = sorted(path for path in compiled if path.endswith(".cpp") and not path.startswith(str(tree.ROOT / "build")))
with ThreadPoolExecutor(os.cpu_count()) as pool:
    found = [line for lines in pool.map(findings, paths) for line in lines]
tree.conclude(sorted(set(found)))
