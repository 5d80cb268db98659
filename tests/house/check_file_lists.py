#!/usr/bin/python3
"""Every source of the tower and of the unit tests stands in a CMakeLists.txt: a file that nobody builds is dead."""

import re

import tree


def entries(listing):
    """The words of a CMakeLists.txt as patterns: a variable in them stands for the name of a folder (host machine)."""
    for word in listing.read_text().split():
        yield re.sub(r"\\\$\\{\w+\\}", "[^/]+", re.escape(word))


def is_listed(path):
    for folder in path.parents:
        listing = tree.ROOT / folder / "CMakeLists.txt"
        if listing.is_file() and any(re.fullmatch(entry, str(path.relative_to(folder))) for entry in entries(listing)):
            return True
    return False


sources = [*tree.tower_files(".cpp", ".S"), *tree.files(".cpp", below="tests/unit")]
tree.conclude([f"{path}: stands in no CMakeLists.txt" for path in sources if not is_listed(path)])
