"""What another process makes of a mapping's samples: ``python -m … PACKAGE NAME``."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from gateway.conformance.examine import subject_of
from gateway.mapping.destination import DestinationMapping
from gateway.mapping.files import FileMapping
from gateway.mapping.source import SourceMapping


def main(package: str, name: str) -> None:
    """Print, as one JSON object, what is made of each sample; the last comes first."""
    values = vars(import_module(package)).values()
    mapping = next(
        each
        for each in values
        if isinstance(each, SourceMapping | DestinationMapping | FileMapping) and each.name == name
    )
    subject = subject_of(mapping)
    made = {
        sample.name: json.dumps(subject.shown(sample), ensure_ascii=False)
        for sample in reversed(subject.samples)
    }
    sys.stdout.write(json.dumps(made))


if __name__ == "__main__":
    main(*sys.argv[1:])
