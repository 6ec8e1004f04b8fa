"""From bytes to credentials: prefilter, decoding, exact matching, judging, pairing. Pure: bytes in, values out."""
