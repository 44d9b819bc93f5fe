"""Wire-format exchange servers fed by an episode."""
