"""Values: no clock, no I/O."""
