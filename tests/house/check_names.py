#!/usr/bin/python3
"""Files and folders are named after the one thing in them, in snake_case; source files open by saying what they are."""

import re

import tree

SAYS_NOTHING = {"util", "utils", "common", "misc", "manager", "impl", "stuff", "general"}
SNAKE_CASE = re.compile(r"^[a-z0-9_-]+$")

findings = []
for path in tree.tower_files():
    for part in [*path.parts[:-1], path.stem]:
        if SAYS_NOTHING & set(re.split(r"[_-]", part)):
            findings.append(f"{path}: '{part}' says nothing about what is in it")
for path in [*tree.tower_files(*tree.CODE), *tree.files(*tree.CODE, below="tests")]:
    if not SNAKE_CASE.match(path.stem):
        findings.append(f"{path}: is not in snake_case")
    first_line = (tree.ROOT / path).read_text(encoding="utf-8").split("\n")[0]
    if not first_line.startswith(("//", "/*", "#")) or first_line.startswith(("#include", "#pragma")):
        findings.append(f"{path}:1: opens without a comment that says what is here and who calls it")
tree.conclude(findings)
