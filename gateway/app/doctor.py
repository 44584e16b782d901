"""``crosspatch doctor``: asks every question at once, each with a time limit, and changes nothing.

The questions themselves are in ``doctor_files`` (what lies on the disk), ``doctor_machine`` (what the system
gives), ``doctor_doors`` (ports) and in the adapters (``gateway.ports.checkup``).
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.ports.checkup import Check, Finding, Verdict, fail

EXIT_CODES = {Verdict.OK: 0, Verdict.WARN: 1, Verdict.FAIL: 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding, under the name of the check that made it."""

    check: str
    finding: Finding

    def __str__(self) -> str:
        remedy = f"; {self.finding.remedy}" if self.finding.remedy else ""
        return f"{self.finding.verdict:<4}  {self.check}: {self.finding.found}{remedy}"

    def plain(self) -> dict[str, str]:
        """As a JSON object."""
        finding = self.finding
        return {
            "check": self.check,
            "verdict": finding.verdict,
            "found": finding.found,
            "remedy": finding.remedy,
        }


def examine(checks: Sequence[Check]) -> list[Line]:
    """The answers in the order of the checks; takes as long as the slowest one may."""
    began = time.monotonic()
    asked = [(check, _Answer(check)) for check in checks]
    return [
        Line(check.name, finding)
        for check, answer in asked
        for finding in answer.within(began + check.limit_s - time.monotonic())
    ]


def worst(lines: Sequence[Line]) -> Verdict:
    """The verdict over all."""
    order = list(Verdict)
    return max((line.finding.verdict for line in lines), key=order.index, default=Verdict.OK)


class _Answer:
    """A check on a thread that the end of the process does not wait for: a file system may hang for ever."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._findings: list[Finding] = []
        self._thread = threading.Thread(target=self._ask, name=check.name, daemon=True)
        self._thread.start()

    def within(self, limit_s: float) -> list[Finding]:
        """What it found, or that it took too long."""
        self._thread.join(max(limit_s, 0.0))
        if self._thread.is_alive():
            text = f"no answer within {self._check.limit_s:.0f} s"
            return [fail(text, "a disk or a server hangs; look there first")]
        return self._findings

    def _ask(self) -> None:
        try:
            self._findings = list(self._check.run())
        except (OSError, ValueError, ImportError) as error:
            self._findings = [fail(str(error), "mend this and ask again")]
        except Exception as error:  # noqa: BLE001 - the other answers must still be given
            self._findings = [fail(f"the check itself failed ({type(error).__name__})", "report this fault")]
