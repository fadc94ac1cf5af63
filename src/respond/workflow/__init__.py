"""What may happen, decided and folded.  Pure: no clock, no store."""
