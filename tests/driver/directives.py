"""What the first comment lines of a test program ask of the driver (compare.py). `//` or `#`, a name, a colon, a value:

    flags: -static -O2     one way to build it; several lines are several ways, all run (default: -O1 -static, and -O1)
    compiler: musl-gcc     instead of gcc or g++
    args: a 'b c'          its arguments
    stdin: text            its standard input, with \\n and other escapes as in Python
    under: ulimit -s 64    shell commands before it is started, natively and under lxr
    timeout: 60            seconds for each run (default 120)
    labels: long           labels of the ctest entry, in addition to the folder's
"""

import ast
import re
import shlex
from dataclasses import dataclass, field

COMPILERS = {".c": "gcc", ".cpp": "g++", ".S": "gcc"}
LINE = re.compile(r"^(?://|#) ?(flags|compiler|args|stdin|under|timeout|labels): *(.*)$")


@dataclass
class Setting:
    flags: list = field(default_factory=list)
    compiler: list = field(default_factory=list)
    args: list = field(default_factory=list)
    stdin: bytes = b""
    under: str = ""
    timeout_s: int = 120


def comment_lines(source):
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith(("//", "#")):
                return
            yield line.rstrip("\n")


def read(source):
    setting = Setting(compiler=[COMPILERS.get(source.suffix)])
    for line in comment_lines(source):
        match = LINE.match(line)
        if not match:
            continue
        name, value = match.groups()
        if name == "flags":
            setting.flags.append(shlex.split(value))
        elif name == "compiler":
            setting.compiler = shlex.split(value)
        elif name == "args":
            setting.args = shlex.split(value)
        elif name == "stdin":
            setting.stdin = ast.literal_eval(f'"""{value}"""').encode()
        elif name == "under":
            setting.under += value + "\n"
        elif name == "timeout":
            setting.timeout_s = int(value)
    if not setting.flags:
        setting.flags = [[]] if source.suffix == ".sh" else [["-O1", "-static"], ["-O1"]]
    return setting
