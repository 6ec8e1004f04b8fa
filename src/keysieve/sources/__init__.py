"""Where bytes come from: files, the index, commits, a whole history. Generators of blobs."""
