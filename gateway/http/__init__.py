"""aiohttp: the listeners and the transport, here and nowhere else."""
