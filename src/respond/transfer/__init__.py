"""Logs in: foreign records become events."""
