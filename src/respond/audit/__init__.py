"""Evidence: what a log says about its own soundness."""
