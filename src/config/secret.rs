//! Secrets are named in the configuration and read where they are used, so that a rotated one is picked up.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::table::Section;

/// Where a secret is; never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// A file.
    File(PathBuf),
    /// A systemd credential, `credential:NAME` in the configuration.
    Credential(String),
}

/// A secret could not be read.
#[derive(Debug, thiserror::Error)]
#[error("read the secret {place}")]
pub struct SecretError {
    place: String,
    #[source]
    source: std::io::Error,
}

impl Secret {
    /// Reads it, without the line end.
    pub fn read(&self) -> Result<String, SecretError> {
        let path = self.path();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(source) => Err(SecretError { place: path.display().to_string(), source }),
        }
    }

    /// Where it is read from: systemd hands the unit's directory `/etc/golive/credentials` over under a prefix, and a
    /// command typed by an administrator reads that directory itself.
    pub fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Credential(name) => match std::env::var_os("CREDENTIALS_DIRECTORY") {
                Some(dir) => {
                    let dir = PathBuf::from(dir);
                    let own = dir.join(name);
                    if own.exists() { own } else { dir.join(format!("golive_{name}")) }
                }
                None => PathBuf::from("/etc/golive/credentials").join(name),
            },
        }
    }
}

/// The secret that a key names. The secret itself written inline is refused.
pub(super) fn named(section: &mut Section<'_>, key: &'static str, inline: &'static str) -> Option<Secret> {
    const CREDENTIAL: &str = "write \"credential:NAME\", for the file NAME in /etc/golive/credentials";
    if !inline.is_empty() && section.take(inline).is_some() {
        let hint = format!("put it into a file and write {key} = \"/path\" or {key} = \"credential:NAME\"");
        section.wrong_key(&[inline], "is a secret, which does not belong in here", &hint);
    }
    let text = section.string(key)?;
    if let Some(name) = text.strip_prefix("credential:") {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if name.is_empty() || name.starts_with('.') || !name.bytes().all(plain) {
            section.wrong(key, "does not name a credential", CREDENTIAL);
            return None;
        }
        return Some(Secret::Credential(name.to_owned()));
    }
    let path = section.beside(&text);
    if let Err((why, hint)) = is_private(&path) {
        section.wrong(key, why, &hint);
    }
    Some(Secret::File(path))
}

/// Whether a file is there and for its owner alone. It is not opened: whoever checks the configuration may not be
/// the user that golive runs as.
fn is_private(path: &Path) -> Result<(), (String, String)> {
    let place = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| {
        let hint = "write the path of a file, or \"credential:NAME\"".to_owned();
        (format!("cannot be read: {error}"), hint)
    })?;
    let mode = metadata.permissions().mode() & 0o777;
    if !metadata.is_file() {
        Err(("is not a file".to_owned(), "write the path of a file, or \"credential:NAME\"".to_owned()))
    } else if mode & 0o077 != 0 {
        Err((format!("is a file that others may use (mode {mode:04o})"), format!("chmod 600 {place}")))
    } else if metadata.len() == 0 {
        Err(("is an empty file".to_owned(), format!("write the secret into {place}")))
    } else {
        Ok(())
    }
}
