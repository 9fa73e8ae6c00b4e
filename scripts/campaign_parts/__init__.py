"""The parts of the campaigns. Each module has `COUNT`, the inputs that a record needs, and `run(trial) -> Outcome`."""
