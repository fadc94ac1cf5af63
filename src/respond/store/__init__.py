"""Where events are kept: records, the protocol, the codec, and the stores."""
