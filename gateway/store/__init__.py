"""The journal and the outbox together: what is durable."""
