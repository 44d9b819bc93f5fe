"""Weighing real processes."""

import os
import subprocess
import sys

from benchmarks.memory import children, weight


def test_a_process_weighs_what_it_holds():
    before = weight(os.getpid())
    ballast = bytearray(os.urandom(1)) * 50_000_000
    after = weight(os.getpid())
    assert 45 < after.proportional - before.proportional < 60
    assert after.resident >= after.proportional
    del ballast


def test_children_are_those_that_live():
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:  # noqa: S603 - a fixed command
        assert child.pid in children(os.getpid())
        child.communicate()
        assert child.pid not in children(os.getpid())
