//! Distributions with a build backend of their own (`generate_setup=False`): a copy of the code that
//! they reach is built in isolation, and the wheel that comes out is packed again, so that its bytes
//! are the same everywhere whatever the backend does about times and order.

use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use install::build::Source;
use model::InterpreterConstraints;
use wheel::files::file_member;
use wheel::{Member, MemberPath, MemberWriter, write_wheel};

use crate::error::CommandError;
use crate::locking::{Builds, Places, PlacesOptions};
use crate::packaging::{Distribution, OwnBackend};
use crate::session::Session;

/// The Pythons that build where nothing says which.
const ANY_PYTHON: &str = "CPython>=3.8";

/// A wheel that a backend built, unpacked.
#[derive(Debug, Clone)]
pub(crate) struct BackendWheel {
    /// Its name.
    pub(crate) filename: String,
    dist_info: String,
    members: Vec<Member>,
}

impl BackendWheel {
    /// Calls the distribution's backend.
    pub(crate) fn build(
        session: &Session,
        distribution: &Distribution,
        own: &OwnBackend,
    ) -> Result<Self, CommandError> {
        let folder = tempfile::tempdir().map_err(|error| {
            CommandError::failure(format!("cannot make a temporary folder: {error}"))
        })?;
        let copy = Utf8PathBuf::from_path_buf(folder.path().to_owned())
            .map_err(|path| CommandError::failure(format!("{} is not UTF-8", path.display())))?;
        for file in &own.sources {
            copy_file(&session.root().join(&file.path), &copy.join(&file.member))?;
        }
        let any = InterpreterConstraints::parse(&[ANY_PYTHON]).ok();
        let Some(constraints) = distribution.interpreter_constraints.clone().or(any) else {
            return Err(CommandError::failure("there is no Python to build with"));
        };
        let index = Places::new(session, PlacesOptions::default())?.plain_index()?;
        let builds = Builds::new(session, &index, &constraints, Vec::new());
        let built = builds.wheel(&Source::Folder {
            path: copy.join(&own.folder),
            revision: None,
        })?;
        let members = built.wheel.files().map(|(name, path)| member(name, &path));
        let members = members.collect::<Result<Vec<Member>, CommandError>>()?;
        let top = members.iter().map(|member| member.path.top_level());
        let dist_info = top.into_iter().find(|top| top.ends_with(".dist-info"));
        Ok(Self {
            filename: built.filename.to_string(),
            dist_info: dist_info.unwrap_or_default().to_owned(),
            members,
        })
    }

    /// Packs the wheel.
    pub(crate) fn write(&self, writer: &mut impl MemberWriter) -> Result<(), wheel::Error> {
        write_wheel(self.members.clone(), &self.dist_info, writer).map(|_| ())
    }
}

fn member(name: &str, path: &Utf8Path) -> Result<Member, CommandError> {
    let parsed = MemberPath::parse(name);
    let error = |error: wheel::Error| CommandError::failure(error.to_string());
    let unsafe_path = |problem| wheel::Error::UnsafePath {
        name: name.to_owned(),
        problem,
    };
    let folder = path.parent().unwrap_or(path).as_std_path();
    let folder = folder
        .canonicalize()
        .map_err(|error| CommandError::file("open", path, &error))?;
    let file = path.file_name().unwrap_or_default();
    let member = parsed.map_err(unsafe_path).map_err(error)?;
    file_member(&folder, Path::new(file), member).map_err(error)
}

fn copy_file(from: &Utf8Path, to: &Utf8Path) -> Result<(), CommandError> {
    let folder = to.parent().unwrap_or(to);
    fs_err::create_dir_all(folder).map_err(|error| CommandError::file("make", folder, &error))?;
    fs_err::copy(from, to).map_err(|error| CommandError::file("copy", from, &error))?;
    Ok(())
}
