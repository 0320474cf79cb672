# Runs pytest as its own program would, in an environment with only the variables that tests ask for.
import os
import sys

del sys.path[0]
for name in os.environ.pop("XTASK_UNASKED", "").split():
    os.environ.pop(name, None)
adapter = os.environ.pop("XTASK_DEBUG_ADAPTER", None)
if adapter:
    import debugpy

    host, _, port = adapter.rpartition(":")
    debugpy.listen((host, int(port)))
    debugpy.wait_for_client()
import pytest

sys.exit(pytest.main())
