//! `.pypirc`: a file with the indexes for uploads, by name.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/pypirc/>.

use transport::{Ini, IniError, WrittenLogin};

/// An index in a `.pypirc`.
#[derive(Debug, Clone, Default)]
pub struct PypircEntry {
    /// The URL for uploads.
    pub repository: Option<String>,
    /// The login.
    pub login: WrittenLogin,
}

impl PypircEntry {
    /// The section with this name; `None` if there is none.
    ///
    /// # Errors
    /// Where Python could not read the text either.
    pub fn find(text: &str, name: &str) -> Result<Option<Self>, IniError> {
        let ini = Ini::parse(text)?;
        let value = |key: &str| ini.get(name, key).map(str::to_owned);
        Ok(ini.has(name).then(|| Self {
            repository: value("repository"),
            login: WrittenLogin {
                user: value("username"),
                password: value("password"),
            },
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_by_its_name() {
        let text = "[distutils]\nindex-servers =\n    inhouse\n\n[inhouse]\nrepository = https://index.example/upload\nUserName: joe\npassword = a=b\n";
        let entry = PypircEntry::find(text, "inhouse").unwrap().unwrap();
        assert_eq!(
            entry.repository.as_deref(),
            Some("https://index.example/upload")
        );
        assert_eq!(entry.login.user.as_deref(), Some("joe"));
        assert_eq!(entry.login.password.as_deref(), Some("a=b"));
        assert!(PypircEntry::find(text, "missing").unwrap().is_none());
        let error = PypircEntry::find("[inhouse]\nusername joe\n", "inhouse").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: `username joe` is neither a section nor a key with a value"
        );
    }
}
