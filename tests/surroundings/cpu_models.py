#!/usr/bin/python3
# What a program sees of the processor that --cpu chooses: CPUID, XCR0, AT_HWCAP2, /proc/cpuinfo and glibc's hwcaps agree.
import os
import re
import subprocess
import sys

LOADER = "/lib64/ld-linux-x86-64.so.2"
LEVELS = ("v2", "v3", "v4")
MODELS = {
    # --cpu                  levels that glibc finds   features that are there, and that are not
    "v1":                   ((),                       "sse2",            "ssse3 avx xsave aes"),
    "x86-64-v2":            (("v2",),                  "sse4_2 popcnt",   "avx avx2 xsave aes"),
    "v2,+aes":              (("v2",),                  "sse4_2 aes",      "avx pclmulqdq"),
    "x86-64-v3":            (("v2", "v3"),             "avx2 fma bmi2",   "aes sha_ni vaes"),
    "v3,-bmi2":             (("v2",),                  "avx2 fma",        "bmi2"),
    "v3,-avx":              (("v2",),                  "bmi2 xsave",      "avx avx2 fma f16c"),
}


def lxr(model, *command):
    tier = os.environ.get("LXR_TEST_TIER", "auto")
    return subprocess.run([os.environ["LXR"], f"--tier={tier}", f"--cpu={model}", *command], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def levels_of_glibc(model):
    found = lxr(model, LOADER, "--help")
    return tuple(level for level in LEVELS if re.search(rf"x86-64-{level} \(supported", found))


def flags_of_cpuinfo(model):
    return re.search(r"^flags\s*: (.*)$", lxr(model, "/bin/cat", "/proc/cpuinfo"), re.MULTILINE)[1].split()


def loader_sees(model, pattern):
    return re.search(pattern, lxr(model, LOADER, "--list-diagnostics"))[1]


wrong = []
for model, (levels, present, absent) in MODELS.items():
    found = levels_of_glibc(model)
    if found != levels:
        wrong.append(f"{model}: glibc finds {found}, not {levels}")
    flags = flags_of_cpuinfo(model)
    wrong += [f"{model}: no {flag} in /proc/cpuinfo" for flag in present.split() if flag not in flags]
    wrong += [f"{model}: {flag} in /proc/cpuinfo" for flag in absent.split() if flag in flags]
    if loader_sees(model, r"auxv\[0x\w+\]\.a_type=0x1a\nauxv\[0x\w+\]\.a_val=(0x\w+)") != ("0x0" if model == "v1" else "0x2"):
        wrong.append(f"{model}: AT_HWCAP2 does not say what fsgsbase says")
print("\n".join(wrong) or "all agree")
sys.exit(1 if wrong else 0)
