"""The mutants are kept up with the code: `make mutants` shows that each turns its test red."""

import re

import pytest

from tests.mutants.__main__ import FOLDER, ROOT, applies, mutants

MUTANTS = mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[each.name for each in MUTANTS])
def test_every_patch_applies_and_names_a_test(mutant):
    assert applies(mutant, ROOT, check=True) == ""
    file, _, name = mutant.test.partition("::")
    function = re.escape(name.partition("[")[0])
    assert re.search(rf"^(async )?def {function}\(", (ROOT / file).read_text(), re.MULTILINE)


def test_the_table_tells_of_every_patch():
    table = (FOLDER / "README.md").read_text()
    told = re.findall(r"^\| `(\S+)` \| (.+?) \| `(\S+)` \|$", table, re.MULTILINE)
    assert told == [(each.name, each.promise, each.test) for each in MUTANTS]
    assert len(told) >= 10
