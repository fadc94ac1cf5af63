"""The world outside: what goes out to brokers, and what watches from there."""
