//! Making the socket.

use std::fs;
use std::io::{Error, Result};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

use super::peer::golive_group;

/// The socket, and where it is.
#[derive(Debug)]
pub struct Socket {
    pub(super) listener: UnixListener,
    pub(super) path: PathBuf,
}

/// Makes the socket: for root, the daemon's user and the group `golive`. What is no socket is not removed, and neither
/// is one that another daemon listens on. Its directory is made when only that is missing.
pub fn bind(path: &Path) -> Result<Socket> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.exists()) {
        fs::DirBuilder::new().mode(0o755).create(dir)?;
    }
    make_room(path)?;
    // Nobody can use it between its making and its narrowing: it is made under another name.
    let new = path.with_file_name(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    make_room(&new)?;
    let listener = UnixListener::bind(&new)?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o660))?;
    if let Some(group) = golive_group()
        && let Err(error) = chown(&new, None, Some(group))
    {
        tracing::debug!(%error, "the socket stays with the daemon's own group");
    }
    fs::rename(&new, path)?;
    Ok(Socket { listener, path: path.to_owned() })
}

/// Removes a socket that a daemon left behind when it was killed.
fn make_room(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.file_type().is_socket() => {
            Err(Error::other("there is something that is not a socket; it was left alone"))
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            Err(Error::other("another daemon listens there"))
        }
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    }
}
