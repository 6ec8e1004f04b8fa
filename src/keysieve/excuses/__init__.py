"""What sets a credential aside, each for a stated reason."""
