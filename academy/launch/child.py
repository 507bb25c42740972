"""Becomes a child: takes the account, asks the kernel to be told of the parent's death, executes the program. A script, stdlib only.

    child.py <parent pid> <signal> <uid>:<gid> or - <directory> <program> [argument ...]

The order matters: Linux forgets the parent-death signal when the account changes, so it is asked for last. It is sent when the thread that
spawned this process ends, so programs are spawned from the main thread only. Elsewhere (macOS) the watchdog alone does this work.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, number, account, directory, *command = sys.argv[1:]
    if account != "-":
        uid, gid = (int(part) for part in account.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.chdir(directory)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(number))
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit(1)
    try:
        os.execv(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
