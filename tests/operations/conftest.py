import pytest

from gateway.operations import Bench
from gateway.store.sqlite import open_store
from tests.operations.bench import NOW, Roster, Running, settings


@pytest.fixture
async def store(tmp_path):
    store = open_store(tmp_path / "gateway.db", now=lambda: NOW)
    yield store
    await store.close()


@pytest.fixture
def bench(store, tmp_path):
    return Bench(
        store=store,
        settings=settings(tmp_path / "gateway.db"),
        live=Running(),
        now=lambda: NOW,
        roster=Roster({("acme", "7"): "2001"}),
    )
