"""A server that dies with the test that started it, and leaves nothing behind.

usage: lifeline.py PROGRAM ARGUMENT... (or attach() in a server written in Python)

The test holds the other end of our stdin. However it ends (also killed), the pipe closes, and we end
ourselves, the workers that we started (all in our session) and our folder of temporary files.
"""
import os, shutil, signal, subprocess, sys, tempfile, threading


def attach():
    """Call before anything else: makes HOME and TMPDIR private, and watches stdin."""
    if os.getpid() != os.getpgrp():
        os.setsid()  # Ctrl-C in the terminal is for the tests; the workers are ours to end
    home = tempfile.mkdtemp(prefix="slsdash-server-")
    os.environ.update(HOME=home, TMPDIR=home)
    tempfile.tempdir = home

    def watch():
        while sys.stdin.buffer.read(4096):
            pass
        shutil.rmtree(home, ignore_errors=True)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="lifeline").start()


def listening(port):
    """The line for which the test waits."""
    print(f"listening on http://127.0.0.1:{port}", flush=True)


if __name__ == "__main__":
    attach()
    sys.exit(subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL).returncode)
