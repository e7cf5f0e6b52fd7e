# SPDX-License-Identifier: GPL-2.0-or-later
"""What was measured, a row as soon as it is known; which rows are beyond their limits, at the end."""


class Table:
    def __init__(self):
        self.missed = []

    def row(self, what, value, unit, limit=None):
        verdict = ""
        if limit is not None:
            verdict = "ok" if value <= limit else "MISSED"
        if verdict == "MISSED":
            self.missed.append(what)
        bound = "" if limit is None else f"<= {limit:.2f}"
        print(f"{what:<56}{value:>9.2f} {unit:<4} {bound:>9} {verdict}", flush=True)

    def end(self):
        """Names the limits that were missed. Whether there were none."""
        for what in self.missed:
            print(f"missed: {what}", flush=True)
        return not self.missed
