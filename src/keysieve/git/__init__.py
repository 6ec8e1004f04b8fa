"""The only code that knows git: running it safely, reading objects, telling who brought what in."""
