# Reads a configuration of coverage as coverage does, and prints the percentage that it wants to be covered. The
# argument is the file.
import sys

import coverage

try:
    print(coverage.Coverage(data_file=None, config_file=sys.argv[1]).get_option("report:fail_under"))
except coverage.CoverageException as error:
    print(error, file=sys.stderr)
    sys.exit(3)
