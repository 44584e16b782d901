"""The shell around the core: one writer, a record of every input, effects, adapters, configuration."""
