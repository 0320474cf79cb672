# Runs pytest as its own program would, in an environment with only the variables that tests ask for.
for name in os.environ.pop("XTASK_UNASKED", "").split():
    os.environ.pop(name, None)
code = os.environ.pop("XTASK_CODE", None)
adapter = os.environ.pop("XTASK_DEBUG_ADAPTER", None)
if adapter:
    import debugpy

    host, _, port = adapter.rpartition(":")
    debugpy.listen((host, int(port)))
    debugpy.wait_for_client()
import pytest  # noqa: E402

keep_code(code)
# Nothing of this program is the tests'.
sys.modules["__main__"] = type(sys)("__main__")
sys.exit(main())
