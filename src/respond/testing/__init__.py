"""What users import in their own tests; needs the extra `testing`."""
