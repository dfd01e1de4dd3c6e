"""What an orchestrator asks of a process: is it alive, may it be given work, how is it."""
