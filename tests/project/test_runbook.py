"""Every alarm has a section in the runbook, under the anchor that it names."""

import re
from pathlib import Path

from gateway.model.alarm import AlarmName

ROOT = Path(__file__).parents[2]


def test_every_alarm_has_its_section_and_no_other_has():
    text = (ROOT / "docs" / "runbook.md").read_text()
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    assert anchors == {name.runbook.partition("#")[2] for name in AlarmName}
    assert all(f"`{name}`" in text for name in AlarmName)
    assert {name.runbook.partition("#")[0] for name in AlarmName} == {"docs/runbook.md"}
