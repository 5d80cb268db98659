"""A program named without '/': looked for in PATH as a shell does, then in the current folder; execve(2) does not search."""

import os
import pathlib
import subprocess
import sys
import tempfile

LXR = os.environ["LXR"]
wrong = []


def check(what, expected, arguments, path, folder):
    run = subprocess.run([LXR, *arguments], capture_output=True, text=True, cwd=folder, env={**os.environ, "PATH": path})
    found = (run.returncode, run.stdout)
    if found != expected:
        wrong.append(f"{what}: {found} instead of {expected}; {run.stderr}")


def script(path, text, mode=0o755):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    script(folder / "first/tool", "echo not executable", mode=0o644)
    (folder / "first/other").mkdir()
    script(folder / "second/tool", 'echo "$0" in PATH')
    script(folder / "tool", "echo in the current folder")
    script(folder / "other", "echo in the current folder")
    path = f"{folder}/first:{folder}/second"

    check("what cannot be executed is passed over", (0, f"{folder}/second/tool in PATH\n"), ["tool"], path, folder)
    check("the current folder comes last", (0, "in the current folder\n"), ["other"], path, folder)
    check("an empty part is the current folder", (0, "in the current folder\n"), ["tool"], f":{path}", folder)
    check("a path is a path", (0, "in the current folder\n"), ["./tool"], path, folder)
    check("nowhere", (127, ""), ["tool-that-is-nowhere"], path, folder)
    check("argv[0] is the name", (0, "sh\n"), ["sh", "-c", "echo $0"], "/usr/bin:/bin", folder)
    searching = "import os\ntry: os.execv('ls', ['ls'])\nexcept FileNotFoundError: print('not found')"
    check("execve does not search", (0, "not found\n"), ["/usr/bin/python3", "-c", searching], "/usr/bin:/bin", folder)
    # The name of a file in the current folder, though PATH has one of that name too.
    script(folder / "true", "echo the one of execve")
    execute = "import os; os.execv('true', ['true'])"
    check("execve of a name", (0, "the one of execve\n"), ["/usr/bin/python3", "-c", execute], "/usr/bin:/bin", folder)

print("\n".join(wrong), end="")
sys.exit(1 if wrong else 0)
