"""A whole world on loopback: episodes, exchanges and Discord, for demo, tests, benchmarks."""
