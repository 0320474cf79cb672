//! Finds which machine a binary is for, from the header of its file: ELF, Mach-O or PE.

use std::fmt;

/// The machine that a binary is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NativeBinary {
    /// The format, which stands for the operating system.
    pub format: BinaryFormat,
    /// The processor.
    pub machine: Machine,
}

/// Formats of binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryFormat {
    /// Linux.
    Elf,
    /// macOS.
    MachO,
    /// Windows.
    Pe,
}

/// Processors that platform tags name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// 64-bit x86.
    X86_64,
    /// 64-bit ARM.
    Arm64,
    /// 32-bit x86.
    X86,
    /// Both 64-bit processors, in a universal binary of macOS.
    Universal2,
    /// Another processor, by its number in the format.
    Other(u32),
}

/// The number of bytes of a file that [`NativeBinary::of`] reads.
pub const HEADER_SIZE: usize = 4096;

impl NativeBinary {
    /// The machine of a file that starts with these bytes; `None` if it is no executable or
    /// library.
    pub fn of(header: &[u8]) -> Option<NativeBinary> {
        elf(header)
            .or_else(|| mach_o(header))
            .or_else(|| portable_executable(header))
    }

    /// Whether a platform tag (`manylinux2014_aarch64`) names this machine.
    pub fn machine_fits(self, platform_tag: &str) -> bool {
        let ends = |names: &[&str]| names.iter().any(|name| platform_tag.ends_with(name));
        let universal = ends(&["_universal2"]);
        match self.machine {
            Machine::X86_64 => universal || ends(&["_x86_64", "_amd64", "_intel", "_fat64"]),
            Machine::Arm64 => universal || ends(&["_arm64", "_aarch64"]),
            Machine::X86 => ends(&["_i686", "_i386"]) || platform_tag == "win32",
            Machine::Universal2 => universal || ends(&["_x86_64", "_arm64"]),
            Machine::Other(_) => false,
        }
    }

    /// Whether a platform tag names a system that runs this format.
    pub fn format_fits(self, platform_tag: &str) -> bool {
        match self.format {
            BinaryFormat::Elf => platform_tag.contains("linux"),
            BinaryFormat::MachO => platform_tag.starts_with("macosx"),
            BinaryFormat::Pe => platform_tag.starts_with("win"),
        }
    }
}

/// <https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html>
fn elf(header: &[u8]) -> Option<NativeBinary> {
    if !header.starts_with(b"\x7fELF") {
        return None;
    }
    let bytes = header.get(18..20)?.try_into().ok()?;
    let number = if header.get(5) == Some(&2) {
        u16::from_be_bytes(bytes)
    } else {
        u16::from_le_bytes(bytes)
    };
    let machine = match number {
        62 => Machine::X86_64,
        183 => Machine::Arm64,
        3 => Machine::X86,
        other => Machine::Other(other.into()),
    };
    Some(NativeBinary {
        format: BinaryFormat::Elf,
        machine,
    })
}

/// `mach/machine.h` and `mach-o/fat.h` of the macOS SDK.
fn mach_o(header: &[u8]) -> Option<NativeBinary> {
    let word = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let machine = match word(0)? {
        0xcffa_edfe | 0xcefa_edfe => cpu(word(4)?.swap_bytes()),
        0xfeed_facf | 0xfeed_face => cpu(word(4)?),
        // A Java class starts with the same word, but then has a version of at least 45.
        0xcafe_babe | 0xcafe_babf if word(4)? < 40 => Machine::Universal2,
        _ => return None,
    };
    Some(NativeBinary {
        format: BinaryFormat::MachO,
        machine,
    })
}

fn cpu(number: u32) -> Machine {
    match number {
        0x0100_0007 => Machine::X86_64,
        0x0100_000c => Machine::Arm64,
        7 => Machine::X86,
        other => Machine::Other(other),
    }
}

/// <https://learn.microsoft.com/windows/win32/debug/pe-format>
fn portable_executable(header: &[u8]) -> Option<NativeBinary> {
    if !header.starts_with(b"MZ") {
        return None;
    }
    let at = u32::from_le_bytes(header.get(0x3c..0x40)?.try_into().ok()?) as usize;
    let signature = header.get(at..at.checked_add(6)?)?;
    if !signature.starts_with(b"PE\0\0") {
        return None;
    }
    let machine = match u16::from_le_bytes([signature[4], signature[5]]) {
        0x8664 => Machine::X86_64,
        0xaa64 => Machine::Arm64,
        0x014c => Machine::X86,
        other => Machine::Other(other.into()),
    };
    Some(NativeBinary {
        format: BinaryFormat::Pe,
        machine,
    })
}

impl fmt::Display for NativeBinary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = match self.format {
            BinaryFormat::Elf => "ELF",
            BinaryFormat::MachO => "Mach-O",
            BinaryFormat::Pe => "PE",
        };
        write!(f, "{format} for {}", self.machine)
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::X86_64 => f.write_str("x86_64"),
            Machine::Arm64 => f.write_str("arm64"),
            Machine::X86 => f.write_str("x86"),
            Machine::Universal2 => f.write_str("several machines"),
            Machine::Other(number) => write!(f, "machine {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &[u8], expect: &str) {
        let got = NativeBinary::of(header)
            .map(|b| b.to_string())
            .unwrap_or_default();
        assert_eq!(got, expect, "{header:x?}");
    }

    fn elf_header(machine: u8) -> Vec<u8> {
        [
            b"\x7fELF\x02\x01\x01".as_slice(),
            &[0; 9],
            &[3, 0, machine, 0],
        ]
        .concat()
    }

    fn pe_header(machine: u16) -> Vec<u8> {
        let mut header = vec![0; 0x80];
        header[..2].copy_from_slice(b"MZ");
        header[0x3c] = 0x80;
        header.extend_from_slice(b"PE\0\0");
        header.extend_from_slice(&machine.to_le_bytes());
        header
    }

    #[test]
    fn headers() {
        check(&elf_header(62), "ELF for x86_64");
        check(&elf_header(183), "ELF for arm64");
        check(&elf_header(243), "ELF for machine 243");
        check(b"\xcf\xfa\xed\xfe\x0c\0\0\x01", "Mach-O for arm64");
        check(b"\xca\xfe\xba\xbe\0\0\0\x02", "Mach-O for several machines");
        check(&pe_header(0x8664), "PE for x86_64");
    }

    #[test]
    fn what_is_no_binary() {
        check(b"", "");
        check(b"#!/bin/sh", "");
        check(b"\x7fELF", "");
        check(b"MZ is how this text starts", "");
        check(b"\xca\xfe\xba\xbe\0\0\0\x34", "");
    }

    #[test]
    fn tags_that_fit() {
        let binary = NativeBinary::of(&elf_header(183)).unwrap();
        assert!(
            binary.machine_fits("manylinux2014_aarch64")
                && binary.format_fits("manylinux2014_aarch64")
        );
        assert!(
            binary.machine_fits("macosx_11_0_arm64") && !binary.format_fits("macosx_11_0_arm64")
        );
        assert!(!binary.machine_fits("manylinux2014_x86_64"));
    }
}
