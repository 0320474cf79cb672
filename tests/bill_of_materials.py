"""Holds bills of materials to the schema of CycloneDX 1.6, strictly: `python FILE...`.

A FILE is a document, or a wheel that has some.
"""

import sys
import zipfile

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def documents(path):
    if not path.endswith(".whl"):
        with open(path, encoding="utf-8") as file:
            return [file.read()]
    with zipfile.ZipFile(path) as wheel:
        names = [name for name in wheel.namelist() if "/sboms/" in name]
        return [wheel.read(name).decode() for name in names]


validator = JsonStrictValidator(SchemaVersion.V1_6)
for path in sys.argv[1:]:
    found = documents(path)
    if not found:
        sys.exit(f"{path} has no bill of materials")
    for document in found:
        if error := validator.validate_str(document):
            sys.exit(f"{path}: {error}")
