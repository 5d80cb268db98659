#!/usr/bin/python3
"""What may be named only in one place, so that a change of package, host or mechanism touches that place alone."""

import re

import tree

HOST = r"(^|/)host/"
# What it is, how it looks, in which paths of the tower it may stand.
RULES = [
    ("Zydis",              r"\bZydis|\bZYDIS_",                                              r"^lifter/decode/"),
    ("LLVM",               r'#\s*include\s*[<"]llvm(-c)?/',                                  r"^(jit/optimizing|abi/stubs)/"),
    ("libffi",             r'#\s*include\s*[<"]ffi',                                         r"^abi/reference/"),
    ("oneTBB",             r'#\s*include\s*[<"](oneapi/)?tbb/',                              r"^jit/optimizing/"),
    ("sigaction(2)",       r"(?<!\w)sigaction\s*\(|host_syscall\(\s*(SYS|__NR)_rt_sigaction", r"^(runtime/signal/|tools/difftest/host/)"),
    ("architecture #if",   r"#\s*(el)?if.*\b__(x86_64|amd64|i386|aarch64|arm|riscv)\w*",     HOST),
    ("inline assembly",    r"\b(asm|__asm__)\s*(volatile|__volatile__|goto)?\s*\(",          HOST),
    ("processor intrinsic", r"#\s*include\s*<(\w*mmintrin|x86intrin|cpuid|arm_neon)\.h>|\b__builtin_ia32_", HOST),
    ("executable mapping", r"\b(mmap|mprotect)\s*\(.*\bPROT_EXEC\b",                         r"^(jit/code_cache|tools/difftest/host/)"),
]

findings = []
for path in tree.tower_files(*tree.CODE):
    guest_code = path.is_relative_to("runtime/loader/vdso")  # the same on every host
    if path.suffix == ".S" and not guest_code and not re.search(HOST, str(path)):
        findings.append(f"{path}: assembly belongs into a host/ folder")
    for number, line in tree.lines(path):
        for name, pattern, allowed in RULES:
            if re.search(pattern, tree.without_comment(line)) and not re.search(allowed, str(path)):
                findings.append(f"{path}:{number}: {name} may stand only in {allowed}")

callers = {path for path in tree.tower_files(".cpp") if path.parts[0] != "tools" for _, line in tree.lines(path)
           if re.search(RULES[4][1], tree.without_comment(line))}
if len(callers) > 1:
    findings.append(f"sigaction(2) is called in more than one file: {sorted(map(str, callers))}")
tree.conclude(findings)
