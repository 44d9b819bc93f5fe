"""From exchanges into the store: REST through ccxt, and recorded series from files."""
