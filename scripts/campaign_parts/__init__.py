"""The parts of the campaigns, a module each: `COUNT`, how many inputs a record needs, and `run(trial) -> Outcome`."""
