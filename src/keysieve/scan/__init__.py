"""Scans: a source's blobs through the engine, what is new told from what is old, grouped and told as a report."""
