"""`python -m keysieve` is the same program as `keysieve`."""

from __future__ import annotations

import sys

from keysieve.cli import main

sys.exit(main())
