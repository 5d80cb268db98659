"""Makes small ELF files, right and wrong ones. Used by the tests of wrong input."""

import struct

HEADER_BYTES, PROGRAM_HEADER_BYTES, CODE_OFFSET = 64, 56, 0x1000
PT_LOAD, PT_INTERP, READ_EXECUTE = 1, 3, 5
# mov eax, 60; xor edi, edi; syscall: exit(0)
EXIT = bytes.fromhex("b83c00000031ff0f05")


def program_header(kind, offset, address, file_size, memory_size):
    return struct.pack("<IIQQQQQQ", kind, READ_EXECUTE, offset, address, address, file_size, memory_size, 0x1000)


def program(elf_class=2, data=1, kind=2, machine=62, phentsize=PROGRAM_HEADER_BYTES, phoff=HEADER_BYTES, phnum=None,
            address=0x400000, memory_size=None, interpreter=None):
    """An x86-64 program that exits with 0, or what the arguments make of it (gABI, "ELF Header")."""
    headers = [program_header(PT_LOAD, CODE_OFFSET, address, len(EXIT), memory_size or len(EXIT))]
    name = b"" if interpreter is None else interpreter + b"\0"
    name_offset = HEADER_BYTES + 2 * PROGRAM_HEADER_BYTES
    if interpreter is not None:
        headers.append(program_header(PT_INTERP, name_offset, address + name_offset, len(name), len(name)))
    order = "<" if data == 1 else ">"
    identity = b"\x7fELF" + bytes([elf_class, data, 1]) + bytes(9)
    header = identity + struct.pack(order + "HHIQQQIHHHHHH", kind, machine, 1, address, phoff, 0, 0, HEADER_BYTES, phentsize,
                                    len(headers) if phnum is None else phnum, 0, 0, 0)
    front = (header + b"".join(headers)).ljust(name_offset, b"\0") + name
    return front.ljust(CODE_OFFSET, b"\0") + EXIT
