//! Secrets are named in the configuration and read where they are used, so that a rotated one is picked up.

use std::path::PathBuf;

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
