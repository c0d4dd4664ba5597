"""The gateway's long-running loops: translating, and telling each destination."""
