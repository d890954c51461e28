"""The lines that probes ask over, below every protocol of a device."""
