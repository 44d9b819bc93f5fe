"""The door to episodes: a bundled name or a folder of recordings."""

from pathlib import Path

from sandbox.episodes.episode import Episode
from sandbox.episodes.recorded import recorded_episode
from sandbox.episodes.wednesday import wednesday_episode


def load_episode(spec: str | Path) -> Episode:
    """Return the bundled `wednesday` or the recorded folder; ValueError names what is wrong."""
    if str(spec) == "wednesday":
        return wednesday_episode()
    return recorded_episode(Path(spec))
