//! A login, and the URLs that logins belong to.

use std::fmt;

use url::Url;

/// The user whose password is a token.
pub(crate) const TOKEN_USER: &str = "__token__";

/// A user name, and the password where one is known.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password; never printed.
    pub password: Option<String>,
}

impl Login {
    /// The login of a token.
    #[must_use]
    pub fn token(token: impl Into<String>) -> Self {
        Self {
            user: TOKEN_USER.to_owned(),
            password: Some(token.into()),
        }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, ...)", self.user)
    }
}

/// An index or upload URL of the settings. Its login is used for everything on the same origin.
#[derive(Debug, Clone)]
pub struct LoginPlace {
    /// An index, or where files are uploaded.
    pub url: Url,
    /// The environment variables with a login for it.
    pub variables: LoginVariables,
    /// The variables of other tools, which are read after those.
    pub variables_of_others: Vec<LoginVariables>,
    /// The login that a file such as `.pypirc` has for it; user or password may be missing.
    pub written: WrittenLogin,
}

/// A login that stands in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrittenLogin {
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
}

/// The names of the environment variables with a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginVariables {
    /// The variable with a token; only uploads have it.
    pub token: Option<String>,
    /// The variable with the user name.
    pub user: String,
    /// The variable with the password.
    pub password: String,
}

impl LoginVariables {
    /// The variables of an index, by its position in the order of indexes, which starts at 0.
    #[must_use]
    pub fn of_index(at: usize) -> Self {
        let number = match at {
            0 => String::new(),
            at => format!("{}_", at + 1),
        };
        Self {
            token: None,
            user: format!("XTASK_INDEX_{number}USERNAME"),
            password: format!("XTASK_INDEX_{number}PASSWORD"),
        }
    }

    /// The variables of uploads.
    #[must_use]
    pub fn of_uploads() -> Self {
        Self {
            token: Some("XTASK_PUBLISH_TOKEN".to_owned()),
            user: "XTASK_PUBLISH_USERNAME".to_owned(),
            password: "XTASK_PUBLISH_PASSWORD".to_owned(),
        }
    }

    /// The variables that twine and uv read for uploads.
    #[must_use]
    pub fn of_uploads_of_others() -> Vec<Self> {
        let of = |start: &str, token: Option<&str>| Self {
            token: token.map(str::to_owned),
            user: format!("{start}_USERNAME"),
            password: format!("{start}_PASSWORD"),
        };
        vec![
            of("TWINE", None),
            of("UV_PUBLISH", Some("UV_PUBLISH_TOKEN")),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(
            format!("{:?}", Login::token("secret")),
            "Login(__token__, ...)"
        );
    }
}
