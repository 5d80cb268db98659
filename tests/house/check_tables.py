#!/usr/bin/python3
"""Tables (*.inc) open with what their columns mean, are fenced off from the formatter, and are aligned."""

import re
from collections import defaultdict

import tree

ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\((.*)\)\s*(//.*)?$")


def cells(line):
    """Where each argument of a row begins and ends, as columns of the line."""
    begin = line.index("(") + 1
    depth, quoted, start = 0, False, begin
    for column in range(begin, len(line)):
        character = line[column]
        if character == '"' and line[column - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "([{":
            depth += 1
        elif character in ")]}" and depth > 0:
            depth -= 1
        elif character in ",)":
            text = line[start:column]
            yield start + len(text) - len(text.lstrip()), start + len(text.rstrip())
            start = column + 1
            if character == ")":
                return


def off_edge(rows, index, edge):
    """Rows whose cell does not begin (edge 0) or end (edge 1) where that of most rows does. A cell may begin late if the one
    before it is too long for its column."""
    columns = [row[index][edge] for _, row in rows]
    usual = max(set(columns), key=columns.count)
    pushed = [index > 0 and row[index][0] == row[index - 1][1] + 2 > usual for _, row in rows]
    return [number for (number, row), late in zip(rows, pushed) if row[index][edge] != usual and not late]


def misaligned(rows):
    """Numbers of rows whose cells begin and end elsewhere than those of most rows. The last cell runs free, and rows of
    different length are compared in what they share."""
    found = set()
    shared = min(len(row) for _, row in rows)
    for index in range(max(shared - 1, 1)):
        off = min((off_edge(rows, index, edge) for edge in (0, 1)), key=len)  # text is aligned left, numbers right
        found.update(off)
    return sorted(found)


findings = []
for path in tree.tower_files(".inc"):
    text = (tree.ROOT / path).read_text(encoding="utf-8")
    if "// clang-format off" not in text:
        findings.append(f"{path}: is not fenced off: // clang-format off")
    rows_of_macro = defaultdict(list)
    for number, line in tree.lines(path):
        match = ROW.match(line)
        if match:
            rows_of_macro[match.group(1)].append((number, list(cells(line))))
    for rows in rows_of_macro.values():
        findings += [f"{path}:{number}: is not aligned with the other rows" for number in misaligned(rows)]
tree.conclude(findings)
