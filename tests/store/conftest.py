from pathlib import Path

import pytest

from tests.store.engines import ENGINES, Clock


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=sorted(ENGINES))
def engine(request):
    return request.param


@pytest.fixture
async def opened(engine, clock, tmp_path: Path):
    """Open the test's store; called again, after a clean end."""
    stores = []

    async def opened(**limits):
        if stores:
            await stores[-1].close()
        stores.append(ENGINES[engine](tmp_path, clock, **limits))
        return stores[-1]

    yield opened
    if stores:
        await stores[-1].close()


@pytest.fixture
async def store(opened):
    return await opened()
