#!/usr/bin/python3
"""Makes one assembly file from tests/instructions/*.txt: the bytes of each case, and a table of them (cases.h).

A direct branch out of the case goes to the label 9f. Absolute symbols: code, entry (where the case will lie), data.

usage: assemble_cases.py OUTPUT INPUT..."""

import pathlib
import sys

HEAD = """// Made by tools/difftest/assemble_cases.py.
        .intel_syntax noprefix
        .set code, 0x0f000000
        .set entry, 0x0f000800
        .set data, 0x20000000
        .section .rodata
"""
TABLE = """        .att_syntax
        .section .data.rel.ro, "aw"
        .p2align 3
        .globl lxr_instruction_cases
lxr_instruction_cases:
"""


def cases(path):
    """Line number, assembly and values of each case of a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.split("#")[0].strip()
        if text:
            assembly, _, values = text.partition("|")
            yield number, assembly.strip(), values.strip()


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


output, *inputs = map(pathlib.Path, sys.argv[1:])
code, table = [HEAD], [TABLE]
count = 0
for path in sorted(inputs):
    for number, assembly, values in cases(path):
        code.append(f'# {number} {quoted(str(path))}\n        .p2align 4\ncase_{count}: {assembly}\ncase_{count}_end:\n.skip 40, 0xcc\n9:\n'
                    f'text_{count}: .asciz {quoted(assembly)}\nvalues_{count}: .asciz {quoted(values)}\n'
                    f'place_{count}: .asciz {quoted(f"{path.name}:{number}")}\n')
        table.append(f"        .quad case_{count}, case_{count}_end, text_{count}, values_{count}, place_{count}\n")
        count += 1
table.append("        .globl lxr_instruction_cases_end\nlxr_instruction_cases_end:\n"
             '        .section .note.GNU-stack, "", @progbits\n')
output.write_text("".join(code + table), encoding="utf-8")
