# SPDX-License-Identifier: GPL-2.0-or-later
"""A program that is started, waited for, looked at and ended."""
import subprocess
import sys
import time

POLL = 0.004  # s
PATIENCE = 1200  # s
TAIL = 2000  # characters of a log


class Program:
    def __init__(self, log, *command):
        self.name = command[0]
        self.log = log
        self.begun = time.monotonic()
        with open(log, "w", encoding="utf-8") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file)

    def await_(self, condition):
        limit = time.monotonic() + PATIENCE
        while not condition():
            if self.process.poll() is not None or time.monotonic() > limit:
                self.give_up()
            time.sleep(POLL)

    def give_up(self):
        with open(self.log, encoding="utf-8") as file:
            print(file.read()[-TAIL:], file=sys.stderr)
        sys.exit(f"{self.name} did not do what it was waited for")

    def age(self):
        """In seconds."""
        return time.monotonic() - self.begun

    def memory(self):
        """The most that it ever had in memory, in bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    def end(self):
        self.process.terminate()
        self.process.wait()
