//! A folder that an archive of someone else is unpacked to. Each member is opened below it component
//! by component, and no link on the way is followed: whatever the archive holds, nothing outside the
//! folder is read or written.
//!
//! On Unix by file descriptors, so that not even another program that changes the folder meanwhile
//! leads a member out of it.

use std::fs::File;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use wheel::FileMode;

#[cfg(unix)]
use folder::FolderDescriptor as Folder;
#[cfg(not(unix))]
use folder::FolderPath as Folder;

/// A folder that nothing leads out of. Paths are relative to it and were checked to be plain
/// components between `/`.
#[derive(Debug)]
pub(crate) struct UnpackFolder {
    path: Utf8PathBuf,
    root: Folder,
    /// The folder that was last used: members of one folder mostly follow each other.
    last: Option<(String, Folder)>,
}

/// What happens to a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfThere {
    /// The new one takes its place.
    Replace,
    /// It stays, and that is an error.
    Refuse,
}

impl UnpackFolder {
    /// The folder at `path`, which is made where it is missing.
    pub(crate) fn open(path: &Utf8Path) -> io::Result<Self> {
        fs_err::create_dir_all(path)?;
        Ok(Self {
            root: Folder::open(path)?,
            path: path.to_owned(),
            last: None,
        })
    }

    /// Makes a folder and those above it; one that is there is as good.
    pub(crate) fn make_folder(&mut self, path: &str) -> io::Result<()> {
        self.folder(path).map(drop)
    }

    /// Opens a new file for writing; the folders above it are made.
    pub(crate) fn create(
        &mut self,
        path: &str,
        mode: FileMode,
        if_there: IfThere,
    ) -> io::Result<fs_err::File> {
        let (folder, name) = self.parent(path)?;
        let file = folder.create(name, mode, if_there)?;
        Ok(fs_err::File::from_parts(file, self.path.join(path)))
    }

    /// Opens a file that was unpacked before; `None` where it is no plain file.
    pub(crate) fn open_file(&mut self, path: &str) -> io::Result<Option<File>> {
        let (folder, name) = self.parent(path)?;
        folder.open_file(name)
    }

    /// Makes a symbolic link in place of a file that is there.
    pub(crate) fn symlink(&mut self, target: &str, path: &str) -> io::Result<()> {
        let (folder, name) = self.parent(path)?;
        folder.symlink(target, name)
    }

    /// The folder that a member is in, and the member's name in it.
    fn parent<'p>(&mut self, path: &'p str) -> io::Result<(&Folder, &'p str)> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.folder(above)?, name))
    }

    fn folder(&mut self, path: &str) -> io::Result<&Folder> {
        if path.is_empty() {
            return Ok(&self.root);
        }
        let last = self.last.take().filter(|(last, _)| last == path);
        let (path, folder) = match last {
            Some(last) => last,
            None => (path.to_owned(), self.root.descend(path)?),
        };
        Ok(&self.last.insert((path, folder)).1)
    }
}

#[cfg(unix)]
mod folder {
    //! A folder as a file descriptor.

    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;

    use camino::Utf8Path;
    use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, symlinkat, unlinkat};
    use rustix::io::Errno;
    use wheel::FileMode;

    use super::IfThere;

    #[derive(Debug)]
    pub(super) struct FolderDescriptor(OwnedFd);

    const FOLDER: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    /// Some systems call a link where a folder should be a loop.
    fn error(error: Errno) -> io::Error {
        match error {
            Errno::LOOP | Errno::MLINK => io::ErrorKind::NotADirectory.into(),
            error => error.into(),
        }
    }

    impl FolderDescriptor {
        pub(super) fn open(path: &Utf8Path) -> io::Result<Self> {
            Ok(Self(fs_err::File::open(path)?.into_file().into()))
        }

        /// A folder below this one, which is made where it is missing.
        pub(super) fn descend(&self, path: &str) -> io::Result<Self> {
            let mut folder: Option<Self> = None;
            for component in path.split('/') {
                folder = Some(folder.as_ref().unwrap_or(self).step(component)?);
            }
            folder.ok_or_else(|| io::ErrorKind::InvalidInput.into())
        }

        fn step(&self, name: &str) -> io::Result<Self> {
            let open = || openat(&self.0, name, FOLDER, Mode::empty());
            let opened = match open() {
                Err(Errno::NOENT) => match mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
                    // Another thread was faster.
                    Ok(()) | Err(Errno::EXIST) => open(),
                    Err(error) => Err(error),
                },
                opened => opened,
            };
            Ok(Self(opened.map_err(error)?))
        }

        pub(super) fn create(
            &self,
            name: &str,
            mode: FileMode,
            if_there: IfThere,
        ) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let flags = flags
                | match if_there {
                    IfThere::Replace => OFlags::TRUNC,
                    IfThere::Refuse => OFlags::EXCL,
                };
            let mode = Mode::from_raw_mode(match mode {
                FileMode::Regular => 0o666,
                FileMode::Executable => 0o777,
            });
            Ok(openat(&self.0, name, flags, mode).map_err(error)?.into())
        }

        pub(super) fn open_file(&self, name: &str) -> io::Result<Option<File>> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            match openat(&self.0, name, flags, Mode::empty()) {
                Ok(file) => {
                    let file = File::from(file);
                    Ok(file.metadata()?.is_file().then_some(file))
                }
                // A link; some systems say so in another way.
                Err(Errno::LOOP | Errno::MLINK) => Ok(None),
                Err(error) => Err(error.into()),
            }
        }

        pub(super) fn symlink(&self, target: &str, name: &str) -> io::Result<()> {
            match unlinkat(&self.0, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => Ok(symlinkat(target, &self.0, name)?),
                Err(error) => Err(error.into()),
            }
        }
    }
}

#[cfg(not(unix))]
mod folder {
    //! A folder as a path, whose components are looked at one by one.

    use std::fs::File;
    use std::io;

    use camino::{Utf8Path, Utf8PathBuf};
    use wheel::FileMode;

    use super::IfThere;

    #[derive(Debug)]
    pub(super) struct FolderPath(Utf8PathBuf);

    impl FolderPath {
        pub(super) fn open(path: &Utf8Path) -> io::Result<Self> {
            Ok(Self(path.to_owned()))
        }

        pub(super) fn descend(&self, path: &str) -> io::Result<Self> {
            let mut folder = self.0.clone();
            for component in path.split('/') {
                folder.push(component);
                match folder.symlink_metadata() {
                    Ok(found) if found.is_dir() => {}
                    Ok(_) => return Err(io::ErrorKind::NotADirectory.into()),
                    Err(_) => fs_err::create_dir(&folder).or_else(|error| match error.kind() {
                        io::ErrorKind::AlreadyExists => Ok(()),
                        _ => Err(error),
                    })?,
                }
            }
            Ok(Self(folder))
        }

        pub(super) fn create(
            &self,
            name: &str,
            _: FileMode,
            if_there: IfThere,
        ) -> io::Result<File> {
            let mut options = fs_err::OpenOptions::new();
            options.write(true);
            match if_there {
                IfThere::Replace => options.create(true).truncate(true),
                IfThere::Refuse => options.create_new(true),
            };
            Ok(options.open(self.0.join(name))?.into_file())
        }

        pub(super) fn open_file(&self, name: &str) -> io::Result<Option<File>> {
            let path = self.0.join(name);
            match path.symlink_metadata()?.is_file() {
                true => Ok(Some(fs_err::File::open(path)?.into_file())),
                false => Ok(None),
            }
        }

        /// Symbolic links need a privilege here, so that nothing relies on them.
        pub(super) fn symlink(&self, _: &str, _: &str) -> io::Result<()> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }
}
