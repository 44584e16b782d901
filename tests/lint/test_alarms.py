"""The alarms that we hand out ask for metrics that there are, by the page that a gateway is held against."""

import re
from pathlib import Path

from scripts.gen_metrics_docs import alarms_by_metric
from tests.lint.tree import ROOT, plant

RULES = "examples/prometheus/crosspatch.rules.yml"
PAGE = "docs/reference/metrics.md"


def findings(root: Path) -> list[str]:
    rules = (root / RULES).read_text(encoding="utf-8")
    page = (root / PAGE).read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \| ", page, re.MULTILINE))
    asked = set(re.findall(r"\bcrosspatch_(\w+)", rules))
    found = [f"no metric {name}" for name in sorted(asked - documented)]
    for alarm in rules.split("- alert: ")[1:]:
        name = alarm.partition("\n")[0]
        wanted = ("expr: ", "labels: {severity: ", "annotations:", "summary: ")
        found += [f"{name} has no {part.strip()}" for part in wanted if part not in alarm]
        # Counters begin anew with the gateway: only how they grow says something.
        bare = re.findall(r"(?<!increase\()(?<!rate\()\bcrosspatch_\w+_total\b", alarm)
        found += [f"{name} looks at {counter} and not at its growth" for counter in bare]
    return found


def test_every_alarm_is_about_a_documented_metric() -> None:
    assert findings(ROOT) == []


def test_an_alarm_about_nothing_and_one_about_a_bare_counter_are_named(tmp_path: Path) -> None:
    plant(
        tmp_path,
        **{
            PAGE: "| `up_total` | meaning |\n",
            RULES: "- alert: A\n expr: crosspatch_up_total > crosspatch_down\n  annotations:\n  summary: x\n",
        },
    )
    assert findings(tmp_path) == [
        "no metric down",
        "A has no labels: {severity:",
        "A looks at crosspatch_up_total and not at its growth",
    ]


def test_the_page_names_the_alarms_that_ask_for_a_metric() -> None:
    rules = (
        "- alert: Full\n  expr: crosspatch_a > 0.9 * crosspatch_b\n  labels: {severity: page}\n"
        "- alert: Odd\n  expr: crosspatch_a == 7\n  labels: {severity: ticket}\n"
    )
    assert alarms_by_metric(rules) == {"a": ["Full (page)", "Odd (ticket)"], "b": ["Full (page)"]}
