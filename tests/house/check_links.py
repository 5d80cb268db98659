#!/usr/bin/python3
"""What the documents name exists: links, and paths in `code` that begin with a folder of the repository."""

import re

import tree

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`([\w.-]+/[\w./-]+)`")


def named_paths(document, line):
    for target in LINK.findall(line):
        if "://" not in target:
            yield document.parent / target
    for target in PATH.findall(line):
        # build/ is made later.
        if (tree.ROOT / target.split("/")[0]).exists() and not target.startswith("build/"):
            yield tree.pathlib.Path(target)


findings = []
for document in tree.files(".md"):
    for number, line in tree.lines(document):
        for path in named_paths(document, line):
            if not (tree.ROOT / path).exists():
                findings.append(f"{document}:{number}: there is no {path}")
tree.conclude(findings)
