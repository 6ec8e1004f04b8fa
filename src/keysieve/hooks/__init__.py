"""Hooks without a framework: what they say, where they go, and the proof that they stop a key."""
