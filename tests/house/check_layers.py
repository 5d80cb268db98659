#!/usr/bin/python3
"""Includes go down the tower only, name files from the repository's root, and leave other folders' private parts alone."""

import re

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def is_private(included):
    """A folder's face is what lies directly in it; lifter/support/ is everybody's."""
    return len(included.parts) > 2 and included.parts[:2] != ("lifter", "support")


def complaint(path, included):
    here, there = path.parts[0], included.parts[0]
    if not (tree.ROOT / included).is_file():
        return "is not a path from the repository's root"
    if there not in tree.TOWER:
        return "lies outside the tower"
    if here == there:
        return None
    if tree.TOWER.index(there) > tree.TOWER.index(here) or {here, there} == {"bench", "tools"}:
        return f"goes up: {here} stands below {there}"
    return f"is private to {there}/" if is_private(included) else None


findings = []
for path in tree.tower_files(*tree.CODE):
    for number, line in tree.lines(path):
        match = INCLUDE.match(line)
        reason = match and complaint(path, tree.pathlib.Path(match.group(1)))
        if reason:
            findings.append(f'{path}:{number}: include "{match.group(1)}" {reason}')
tree.conclude(findings)
