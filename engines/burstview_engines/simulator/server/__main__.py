"""`python -m burstview_engines.simulator.server ['[{"spec": {"engine": "vllm"}}]']`."""

from __future__ import annotations

import sys

from burstview_engines.simulator.server.process import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
