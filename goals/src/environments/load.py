"""Loads the entry points of distributions, and writes down how each went.

Run as `python -I load.py ANSWER NAME...`. ANSWER becomes lines of JSON: one for each entry point
before it is loaded, and one after it; so the last line tells what ended Python, if anything did.
"""

import importlib.metadata
import json
import os
import sys
import traceback


def place_of(error):
    """Where in the environment it was raised, as `path, line 3`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        for folder in sys.path:
            if frame.filename.startswith(os.path.join(folder, "")) and "site-packages" in folder:
                return "{}, line {}".format(os.path.relpath(frame.filename, folder), frame.lineno)
    return None


def main():
    names = sys.argv[2:]
    # A module may look at its arguments when it is imported.
    answer, sys.argv[1:] = open(sys.argv[1], "w", encoding="utf-8"), []

    def say(**facts):
        answer.write(json.dumps(facts) + "\n")
        answer.flush()

    for name in names:
        for point in importlib.metadata.distribution(name).entry_points:
            say(project=name, group=point.group, name=point.name, value=point.value)
            try:
                point.load()
            except BaseException as error:  # also of modules that exit
                what = "{}: {}".format(type(error).__name__, error).rstrip(": ")
                say(what=what, place=place_of(error))
            else:
                say(what=None, place=None)
    # Threads that modules have started do not matter any more.
    os._exit(0)


main()
