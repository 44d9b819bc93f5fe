"""Discord's own limits in time, changeable so that a test need not wait for them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Spans in seconds, as Discord documents them unless the comment says otherwise."""

    response_window: float = 3.0
    token_lifetime: float = 900.0
    heartbeat_interval: float = 41.25
    identify_spacing: float = 5.0
    session_lifetime: float = 120.0  # how long a lost session can be resumed: not published
    nonce_memory: float = 300.0  # "a few minutes"
