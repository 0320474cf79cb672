"""As much of coverage as tests of a test runner need. A data file is JSON: the lines that ran, by path."""
import ast
import configparser
import json
import os


class CoverageException(Exception):
    pass


class Coverage:
    def __init__(self, data_file, config_file):
        self.parser = configparser.ConfigParser()
        try:
            if not config_file.endswith(".toml"):
                self.parser.read(config_file)
        except configparser.Error as error:
            raise CoverageException(f"Couldn't read config file {config_file}: {error}")

    def get_option(self, name):
        return self.parser.getfloat(*name.split(":"), fallback=0.0)


class CoverageData:
    def __init__(self, name):
        self.name, self.lines = name, {}

    def read(self):
        with open(self.name) as file:
            self.lines = json.load(file)

    def write(self):
        with open(self.name, "w") as file:
            json.dump(self.lines, file)

    def measured_files(self):
        return list(self.lines)

    def touch_files(self, files):
        for file in files:
            self.lines.setdefault(file, [])


def statements(path):
    with open(path) as file:
        return {node.lineno for node in ast.walk(ast.parse(file.read())) if isinstance(node, ast.stmt)}


def main(words):
    command, options, files = words[0], {}, []
    words = list(words[1:])
    while words:
        word = words.pop(0)
        if word in ("-o", "-d"):
            options[word] = words.pop(0)
        elif word.startswith("--"):
            name, _, options[name] = word.partition("=")[0], None, word.partition("=")[2]
        else:
            files.append(word)
    if command == "combine":
        data = CoverageData(".coverage")
        for file in files:
            one = CoverageData(file)
            one.read()
            for path, lines in one.lines.items():
                data.lines[path] = sorted({*data.lines.get(path, []), *lines})
        data.write()
        return 0
    data = CoverageData(options.get("--data-file", ".coverage"))
    data.read()
    found = {}
    for path, lines in sorted(data.lines.items()):
        wanted = statements(path)
        found[path] = {"executed_lines": sorted(wanted & set(lines)), "missing_lines": sorted(wanted - set(lines))}
    count = sum(len(one["executed_lines"]) + len(one["missing_lines"]) for one in found.values())
    missing = sum(len(one["missing_lines"]) for one in found.values())
    percentage = 100 * (count - missing) / count if count else 100
    if command == "report":
        for path, one in found.items():
            print(path, len(one["executed_lines"]), len(one["missing_lines"]))
        print(f"TOTAL {percentage:.0f}%")
    elif command == "json":
        with open(options["-o"], "w") as file:
            json.dump({"files": found}, file)
    elif command == "html":
        os.makedirs(options["-d"])
        with open(options["-d"] + "/index.html", "w") as file:
            file.write("a page")
    else:
        with open(options["-o"], "w") as file:
            file.write(command)
    return 2 if percentage < float(options.get("--fail-under") or 0) else 0
