//! Compares building a wheel with `zip -6 -r` and, where it is installed, with
//! `uv build` and its own backend, on the same trees in one run:
//!
//! ```text
//! cargo bench -p wheel
//! ```
//!
//! Trees: fifty small files, and about 50 MB of this machine's shared objects.
//! Each contender runs in turn, seven times, the best time counts. Ours hashes
//! for RECORD as well, and its time does not include starting a process.
#![allow(clippy::print_stdout, clippy::unwrap_used)] // a bench prints, and may stop

use std::fmt;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wheel::{
    ArchiveTime, CoreMetadata, EntryPoints, FileMode, Member, MemberContent, MemberFile,
    MemberPath, SetuptoolsFiles, WheelContents, WheelTags, ZipWriter,
};

const RUNS: usize = 7;
const LARGE: u64 = 50_000_000;

/// The best time of some runs, and the size of what was written.
#[derive(Clone, Copy)]
struct Measured {
    time: Duration,
    size: u64,
}

fn main() {
    let work = tempfile::tempdir().unwrap();
    let work = work.path().canonicalize().unwrap();
    println!("{} threads", rayon::current_num_threads());
    println!(
        "{:<22} {:<12} {:>9} {:>12} {:>7} {:>7}",
        "tree", "by", "ms", "bytes", "time", "size"
    );
    run("50 small files", &small_tree(&work.join("small")));
    run("50 MB shared objects", &large_tree(&work.join("large")));
}

fn run(name: &str, root: &Path) {
    let out = root.with_extension("out");
    fs_err::create_dir_all(&out).unwrap();
    let mut ours: Option<Measured> = None;
    let mut zip: Option<Measured> = None;
    let mut uv: Option<Measured> = None;
    for _ in 0..RUNS {
        zip = best(
            zip,
            measure(&out.join("zip.zip"), |path| zip_tree(root, path)),
        );
        ours = best(
            ours,
            measure(&out.join("ours.whl"), |path| build_wheel(root, path)),
        );
        uv = best(uv, uv_build(root, &out));
    }
    let zip = zip.unwrap();
    for (by, measured) in [("zip -6 -r", Some(zip)), ("ours", ours), ("uv build", uv)] {
        match measured {
            Some(measured) => println!(
                "{name:<22} {by:<12} {}",
                Row {
                    measured,
                    beside: zip
                }
            ),
            None => println!("{name:<22} {by:<12} not installed"),
        }
    }
}

/// A measurement beside another.
struct Row {
    measured: Measured,
    beside: Measured,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { measured, beside } = self;
        let time = measured.time.as_secs_f64() / beside.time.as_secs_f64();
        let size = measured.size as f64 / beside.size as f64;
        let milliseconds = measured.time.as_secs_f64() * 1000.0;
        write!(
            f,
            "{milliseconds:>9.1} {:>12} {time:>7.2} {size:>7.3}",
            measured.size
        )
    }
}

fn best(so_far: Option<Measured>, next: Option<Measured>) -> Option<Measured> {
    so_far
        .into_iter()
        .chain(next)
        .min_by_key(|measured| measured.time)
}

fn measure(path: &Path, write: impl FnOnce(&Path)) -> Option<Measured> {
    let _ = fs_err::remove_file(path);
    let start = Instant::now();
    write(path);
    let time = start.elapsed();
    Some(Measured {
        time,
        size: fs_err::metadata(path).unwrap().len(),
    })
}

fn zip_tree(root: &Path, out: &Path) {
    duct::cmd!("zip", "-6", "-q", "-r", out, "pkg")
        .dir(root)
        .run()
        .unwrap();
}

fn build_wheel(root: &Path, out: &Path) {
    let members = files_below(&root.join("pkg"))
        .iter()
        .map(|path| member(root, path))
        .collect();
    let contents = WheelContents {
        metadata: CoreMetadata::new("pkg", "1.0".parse().unwrap()),
        tags: WheelTags::any(),
        generator: "bench (0)".to_owned(),
        entry_points: EntryPoints::default(),
        members,
        license_files: Vec::new(),
        sboms: Vec::new(),
        setuptools_files: SetuptoolsFiles::None,
    };
    let file = fs_err::File::create(out).unwrap();
    let file = BufWriter::with_capacity(1 << 18, file);
    contents
        .write(&mut ZipWriter::new(file, ArchiveTime::EARLIEST))
        .unwrap();
}

struct TreeFile(PathBuf);

impl MemberFile for TreeFile {
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let file = fs_err::File::open(&self.0)?;
        let size = file.metadata()?.len();
        Ok((Box::new(file), size))
    }

    fn origin(&self) -> String {
        self.0.display().to_string()
    }
}

fn member(root: &Path, path: &Path) -> Member {
    let relative = path.strip_prefix(root).unwrap();
    Member {
        path: MemberPath::parse(relative.to_str().unwrap()).unwrap(),
        source: MemberContent::Opener(Arc::new(TreeFile(path.to_owned()))),
        mode: FileMode::Regular,
    }
}

fn uv_build(root: &Path, out: &Path) -> Option<Measured> {
    let run = || {
        duct::cmd!(
            "uv",
            "build",
            "--wheel",
            "--offline",
            "--quiet",
            "--out-dir",
            out
        )
        .dir(root)
    };
    let start = Instant::now();
    let status = run().stderr_null().unchecked().run().ok()?;
    let time = start.elapsed();
    let wheel = out.join("pkg-1.0-py3-none-any.whl");
    let size = status
        .status
        .success()
        .then(|| fs_err::metadata(wheel))
        .and_then(Result::ok)?
        .len();
    Some(Measured { time, size })
}

/// The first fifty source files of this workspace.
fn small_tree(root: &Path) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources: Vec<PathBuf> = Vec::new();
    for room in [
        "model", "targets", "resolve", "lockfile", "wheel", "index", "install", "release",
    ] {
        sources.extend(files_below(&workspace.join(room).join("src")));
    }
    sources.truncate(50);
    copy_tree(root, &sources)
}

/// Shared objects of this machine, the smaller ones first, up to the size wanted.
fn large_tree(root: &Path) -> PathBuf {
    let mut objects: Vec<(u64, PathBuf)> = ["/usr/lib", "/lib"]
        .iter()
        .flat_map(|folder| files_below(Path::new(folder)))
        .filter(|path| path.to_string_lossy().contains(".so"))
        .filter_map(|path| {
            Some((
                fs_err::symlink_metadata(&path)
                    .ok()
                    .filter(|m| m.is_file())?
                    .len(),
                path,
            ))
        })
        .filter(|(size, _)| (300_000..20_000_000).contains(size))
        .collect();
    objects.sort();
    objects.dedup_by(|a, b| a.1.file_name() == b.1.file_name());
    let mut total = 0;
    let taken: Vec<PathBuf> = objects
        .into_iter()
        .rev()
        .filter(|(size, _)| {
            let take = total + size <= LARGE;
            total += if take { *size } else { 0 };
            take
        })
        .map(|(_, path)| path)
        .collect();
    copy_tree(root, &taken)
}

fn copy_tree(root: &Path, files: &[PathBuf]) -> PathBuf {
    let package = root.join("pkg");
    fs_err::create_dir_all(&package).unwrap();
    for (at, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy();
        fs_err::copy(file, package.join(format!("{at:03}-{name}"))).unwrap();
    }
    fs_err::write(package.join("__init__.py"), "").unwrap();
    let backend = "[build-system]\nrequires = [\"uv_build\"]\nbuild-backend = \"uv_build\"\n";
    let project = "[project]\nname = \"pkg\"\nversion = \"1.0\"\n[tool.uv.build-backend]\nmodule-root = \"\"\n";
    fs_err::write(root.join("pyproject.toml"), format!("{backend}{project}")).unwrap();
    root.to_owned()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let Ok(entries) = fs_err::read_dir(folder) else {
        return out;
    };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => out.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => out.push(entry.path()),
            _ => {}
        }
    }
    out.sort();
    out
}
