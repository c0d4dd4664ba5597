"""The demo: the gateway, stand-ins for vendors, samples, and a simulated contact centre."""
