"""Writes the launchers of `acme-jobs-runner`: four tiny programs, made byte by byte.

Run `python3 tools/make_launchers.py` after a change here and commit what it writes. Nothing is
compiled, so any machine makes the same bytes for all platforms.
"""

from __future__ import annotations

import struct
from pathlib import Path

LAUNCHERS = Path(__file__).parents[1] / "src/acme/jobs/runner/launchers"
BASE = 0x1_0000_0000  # where the program is mapped


def x86_64_code(write: int, exit_: int, length: int) -> bytes:
    """write(1, text, length), exit(0); the text follows the code."""
    code = (
        b"\xb8" + struct.pack("<I", write)  # mov eax, write
        + b"\xbf" + struct.pack("<I", 1)  # mov edi, 1
        + b"\x48\x8d\x35" + struct.pack("<i", 16)  # lea rsi, [rip + 16]: the text
        + b"\xba" + struct.pack("<I", length)  # mov edx, length
        + b"\x0f\x05"  # syscall
        + b"\xb8" + struct.pack("<I", exit_)  # mov eax, exit
        + b"\x31\xff"  # xor edi, edi
        + b"\x0f\x05"  # syscall
    )  # fmt: skip
    assert len(code) == 17 + 16
    return code


def arm64_code(number: int, write: int, exit_: int, trap: int, length: int) -> bytes:
    """The same; `number` is the register of the system call's number, `trap` svc's operand."""

    def mov(register: int, value: int) -> int:
        return 0xD2800000 | value << 5 | register

    svc = 0xD4000001 | trap << 5
    text = 0x10000001 | 7 << 5  # adr x1, 7 instructions on
    words = [mov(0, 1), text, mov(2, length), mov(number, write), svc]
    words += [mov(0, 0), mov(number, exit_), svc]
    return struct.pack("<8I", *words)


def elf(machine: int, code: bytes, text: bytes) -> bytes:
    """An ELF executable of one read-and-execute segment."""
    start = 64 + 56
    size = start + len(code) + len(text)
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01",  # 64 bit, little endian, version 1
        2, machine, 1,  # executable
        BASE + start, 64, 0,  # entry point, program headers, no section headers
        0, 64, 56, 1, 64, 0, 0,
    )  # fmt: skip
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, BASE, BASE, size, size, 0x10000)
    return header + segment + code + text


def mach_o(cpu: tuple[int, int], thread: bytes, code: bytes, text: bytes) -> bytes:
    """A Mach-O executable: an unmapped first page, one segment, one thread."""

    def segment(name: bytes, address: int, size: int, file_size: int, protection: int) -> bytes:
        fields = (0x19, 72, name, address, size, 0, file_size, protection, protection, 0, 0)
        return struct.pack("<II16sQQQQiiII", *fields)

    start = 32 + 2 * 72 + len(thread)
    size = start + len(code) + len(text)
    commands = segment(b"__PAGEZERO", 0, BASE, 0, 0)
    commands += segment(b"__TEXT", BASE, 0x4000, size, 5)
    commands += thread
    header = struct.pack("<IIIIIIII", 0xFEEDFACF, *cpu, 2, 3, len(commands), 1, 0)
    return header + commands + code + text


def x86_64_thread(entry: int) -> bytes:
    """LC_UNIXTHREAD of x86_64: 21 registers, of which the 17th is the instruction pointer."""
    registers = [0] * 21
    registers[16] = entry
    return struct.pack("<IIII21Q", 0x5, 16 + 168, 4, 42, *registers)


def arm64_thread(entry: int) -> bytes:
    """LC_UNIXTHREAD of arm64: 33 registers, of which the last is the program counter, and flags."""
    registers = [0] * 33
    registers[32] = entry
    return struct.pack("<IIII33QII", 0x5, 16 + 272, 6, 68, *registers, 0, 0)


def launchers() -> dict[str, bytes]:
    def text(platform: str) -> bytes:
        return f"acme-jobs launcher for {platform}\n".encode()

    x86 = 32 + 2 * 72 + 16 + 168
    arm = 32 + 2 * 72 + 16 + 272
    greeting = {name: text(name) for name in (
        "linux.x86_64", "linux.aarch64", "macos.x86_64", "macos.arm64",
    )}  # fmt: skip
    size = {name: len(line) for name, line in greeting.items()}
    return {
        "linux.x86_64": elf(62, x86_64_code(1, 60, size["linux.x86_64"]), greeting["linux.x86_64"]),
        "linux.aarch64": elf(
            183, arm64_code(8, 64, 93, 0, size["linux.aarch64"]), greeting["linux.aarch64"]
        ),
        "macos.x86_64": mach_o(
            (0x01000007, 3),
            x86_64_thread(BASE + x86),
            x86_64_code(0x2000004, 0x2000001, size["macos.x86_64"]),
            greeting["macos.x86_64"],
        ),
        "macos.arm64": mach_o(
            (0x0100000C, 0),
            arm64_thread(BASE + arm),
            arm64_code(16, 4, 1, 0x80, size["macos.arm64"]),
            greeting["macos.arm64"],
        ),
    }


if __name__ == "__main__":
    for platform, program in launchers().items():
        path = LAUNCHERS / f"launch.{platform}.bin"
        path.write_bytes(program)
        path.chmod(0o755)
        print(f"{path.name}: {len(program)} bytes")
