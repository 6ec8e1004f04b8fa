"""What keysieve looks for and what to do about it, as data: one TOML file per rule, remedies in remedies/."""
