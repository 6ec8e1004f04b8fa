"""From a finding to what to do about it."""
