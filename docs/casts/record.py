"""Records what a terminal shows while commands run, as `NAME.cast` (asciicast v2), and draws it as an animated SVG.

    python3 docs/casts/record.py --program target/release/cargo-xtask            # all of them
    python3 docs/casts/record.py --draw                                          # only draws again

Each `NAME.sh` beside this file is such a session: lines that begin with `$ ` are typed, the others run unseen in the
same shell, to set the scene. It begins in a copy of what git tracks of the repository.
"""

import argparse
import html
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).parent
PICTURES = HERE.parent / "src" / "casts"
COLUMNS, ROWS = 100, 24
PROMPT = "\x1b[1;32m$\x1b[0m "
# Waiting longer than this says nothing new.
LONGEST_PAUSE = 1.5
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea", "1": None}


def read(master, until, times):
    """What the shell prints up to a mark, with times."""
    text, events = "", []
    while until not in text:
        if not select.select([master], [], [], 300)[0]:
            raise SystemExit(f"no answer: {text[-500:]}")
        try:
            part = os.read(master, 65536).decode(errors="replace")
        except OSError:  # the terminal of a shell that has ended
            raise SystemExit(f"the session ended: {text[-800:]}") from None
        text += part
        events.append((times(), part))
    return events


def run(script, program):
    """The events of a session: pairs of a time and a text."""
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        root = HERE.parent.parent
        for name in subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.splitlines():
            if not name.startswith(("docs/tutorial/", "src/", "tools/", "changes/")) and "/" in name:
                continue
            target = home / "repository" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target, follow_symlinks=False)
        programs = home / "bin"
        programs.mkdir()
        (programs / "xt").symlink_to(pathlib.Path(program).resolve())
        variables = {
            **os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS),
            "HOME": folder, "XTASK_CACHE_DIR": os.environ.get("XTASK_CACHE_DIR", str(home / "cache")), "PS1": "", "PS2": "",
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@a.example", "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@a.example", "GIT_PAGER": "cat", "GIT_EDITOR": "true",
        }
        pid, master = pty.fork()
        if pid == 0:
            os.chdir(home / "repository")
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"], variables)
        return typed(master, script)


def typed(master, script):
    begun, shown = time.monotonic(), []
    clock = lambda: time.monotonic() - begun  # noqa: E731
    number = 0

    def ask(line):
        nonlocal number
        number += 1
        # The mark is put together by the shell, so that what is typed does not have it.
        os.write(master, f"{line}\nprintf 'mark%s:%s;' {number} $?\n".encode())
        events = read(master, f"mark{number}:", clock)
        code = "".join(text for _, text in events).split(f"mark{number}:")[-1]
        while ";" not in code:
            code += os.read(master, 100).decode()
        if code.split(";")[0] != "0" and not line.endswith("|| true"):
            raise SystemExit(f"{line}: exit {code}\n" + "".join(text for _, text in events))
        return events, f"mark{number}:"

    ask(f"stty -echo rows {ROWS} columns {COLUMNS}; PS1=; PS2=")
    ask("set +o history")
    for line in script.splitlines():
        if not line.startswith("$ "):
            if line and not line.startswith("#"):
                ask(line)
            continue
        now = clock()
        shown.append((now, PROMPT))
        for index, letter in enumerate(line[2:]):
            shown.append((now + 0.6 + index * 0.03, letter))
        shown.append((now + 0.9 + len(line) * 0.03, "\r\n"))
        typed_by = now + 1.0 + len(line) * 0.03
        begun -= max(0.0, typed_by - clock())
        events, mark = ask(line[2:])
        for at, text in events:
            shown.append((at, text.split(mark)[0]))
    shown.append((clock() + 1.0, PROMPT))
    os.close(master)
    return [(at, text) for at, text in shown if text]


def shortened(events):
    """The same with pauses that are not longer than people wait."""
    result, before, now = [], 0.0, 0.0
    for at, text in events:
        now += min(max(at - before, 0.0), LONGEST_PAUSE)
        before = at
        result.append((round(now, 3), text))
    return result


def screens(events):
    """What each line of the terminal shows from when on: lists of (time, text with colours) for each row."""
    rows, row, column, style = [[]], 0, 0, ""
    history = {0: []}
    for at, text in events:
        touched = set()
        for piece in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[^\x1b]", text):
            if piece.startswith("\x1b["):
                kind, value = piece[-1], piece[2:-1]
                if kind == "m":
                    style = "" if value in ("", "0") else ";".join(filter(None, [style, value]))
                elif kind == "K":
                    del rows[row][0 if value == "2" else column:]
                elif kind == "J":
                    del rows[row][column:]
                elif kind == "A":
                    row = max(0, row - int(value or 1))
                elif kind == "G":
                    column = int(value or 1) - 1
            elif piece == "\r":
                column = 0
            elif piece == "\n":
                row, column = row + 1, column
                while len(rows) <= row:
                    rows.append([])
            elif piece >= " ":
                if column == COLUMNS:
                    row, column = row + 1, 0
                    rows.extend([] for _ in range(row + 1 - len(rows)))
                    touched.add(row - 1)
                rows[row].extend([(" ", "")] * (column + 1 - len(rows[row])))
                rows[row][column] = (piece, style)
                column += 1
            touched.add(row)
        for one in touched:
            history.setdefault(one, []).append((at, list(rows[one])))
    return history


def spans(cells):
    """A row as text of an SVG."""
    result, index = "", 0
    while index < len(cells):
        style, text = cells[index][1], ""
        while index < len(cells) and cells[index][1] == style:
            text += cells[index][0]
            index += 1
        words = style.split(";")
        colour = next((COLOURS[word] for word in words if COLOURS.get(word)), None)
        weight = ' font-weight="bold"' if "1" in words else ""
        fill = f' fill="{colour}"' if colour else ""
        result += f"<tspan{fill}{weight}>{html.escape(text)}</tspan>" if fill or weight else html.escape(text)
    return result


def draw(name, events):
    """An SVG in which the lines appear when they did. It runs no script; who wants no motion sees the end."""
    history = screens(events)
    end = events[-1][0] + 4.0
    count = max(history) + 1
    height = 20 * count + 24
    styles, texts = [], []
    for row, states in sorted(history.items()):
        for number, (at, cells) in enumerate(states):
            following = states[number + 1][0] if number + 1 < len(states) else end
            if following - at < 0.02 and number + 1 < len(states):
                continue
            is_last = number + 1 == len(states)
            if not cells:
                continue
            key = f"r{row}s{number}"
            begin, until = 100 * at / end, 100 * following / end
            leaves = "" if is_last else f"{until:.3f}%,100%{{opacity:0}}"
            styles.append(f"@keyframes {key}{{0%{{opacity:0}}{begin:.3f}%{{opacity:1}}{leaves}}}.{key}{{animation:{key} {end:.1f}s steps(1,end) infinite;opacity:{int(is_last)}}}")
            texts.append(f'<text class="{key}" x="12" y="{row * 20 + 26}">{spans(cells)}</text>')
    title = f"A recording of a terminal: {name}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {COLUMNS * 8 + 24} {height}" role="img"><title>{title}</title>'
        f"<style>text{{font:13.3px monospace;white-space:pre;fill:#e6edf3}}@media (prefers-reduced-motion:reduce){{text{{animation:none!important}}}}{''.join(styles)}</style>"
        f'<rect width="100%" height="100%" rx="6" fill="#0d1117"/>{"".join(texts)}</svg>\n'
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program")
    parser.add_argument("--draw", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for script in sorted(HERE.glob("*.sh")):
        if options.names and script.stem not in options.names:
            continue
        cast = script.with_suffix(".cast")
        if not options.draw:
            events = shortened(run(script.read_text(), options.program))
            header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": script.stem}
            cast.write_text("".join(json.dumps(line) + "\n" for line in [header, *([at, "o", text] for at, text in events)]))
        lines = [json.loads(line) for line in cast.read_text().splitlines()[1:]]
        PICTURES.mkdir(exist_ok=True)
        (PICTURES / f"{script.stem}.svg").write_text(draw(script.stem, [(at, text) for at, _, text in lines]))


if __name__ == "__main__":
    main()
