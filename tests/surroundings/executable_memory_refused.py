"""Where the host refuses executable memory, as SELinux may or too small an address space, lxr says so once and interprets."""

import ctypes
import errno
import os
import resource
import struct
import subprocess
import sys

LXR = os.environ["LXR"]
WARNING = "the host refuses executable memory"


def refuse_executable_mappings():
    """A seccomp filter (seccomp(2)) that fails mprotect with PROT_EXEC, and mmap with PROT_EXEC and MAP_SHARED, with EACCES."""
    load, jump_equal, jump_any_bit, give = 0x20, 0x15, 0x45, 0x06
    number, third, fourth = 0, 16 + 2 * 8, 16 + 3 * 8  # offsets in struct seccomp_data
    allow, refuse = 0x7FFF0000, 0x00050000 | errno.EACCES
    mmap, mprotect, prot_exec, map_shared = 9, 10, 4, 1
    program = [
        (load, 0, 0, number),
        (jump_equal, 3, 0, mprotect),
        (jump_equal, 0, 4, mmap),
        (load, 0, 0, fourth),
        (jump_any_bit, 0, 2, map_shared),
        (load, 0, 0, third),
        (jump_any_bit, 1, 0, prot_exec),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    filters = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(filters)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    if prctl(no_new_privileges, 1, 0, 0, 0) != 0 or prctl(set_seccomp, mode_filter, header, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no seccomp filter")


def limit_address_space():
    resource.setrlimit(resource.RLIMIT_AS, (30 << 20, 30 << 20))


wrong = []
for refusal in (refuse_executable_mappings, limit_address_space):
    run = subprocess.run([LXR, "/bin/echo", "it", "runs"], capture_output=True, text=True, preexec_fn=refusal)
    if (run.returncode, run.stdout) != (0, "it runs\n"):
        wrong.append(f"{refusal.__name__}: {run}")
    if os.environ["LXR_TIER"] != "interpreter" and run.stderr.count(WARNING) != 1:
        wrong.append(f"{refusal.__name__} went unnoticed: {run}")
print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
