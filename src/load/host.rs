//! One run at a time on a host: two would measure each other.

use std::io::ErrorKind;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// More of a path is not in the name.
const NAME_MAX: usize = 90;

/// No other run is under way while this is held.
///
/// The lock is a name among the kernel's sockets and no file: the daemon may write in few places, whoever else makes a run may not
/// write there, and the kernel lets go of it however a run ends.
#[derive(Debug)]
pub struct Alone {
    _held: UnixDatagram,
}

impl Alone {
    /// Beside a directory of golive's state; `None` while another run is under way there.
    pub fn beside(state: &Path) -> std::io::Result<Option<Self>> {
        match UnixDatagram::bind_addr(&name(state)?) {
            Ok(held) => Ok(Some(Self { _held: held })),
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody holds it. Looking takes nothing from whoever comes just then, and leaves nothing with whoever holds it.
    pub fn is_held(state: &Path) -> std::io::Result<bool> {
        match UnixDatagram::unbound()?.connect_addr(&name(state)?) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(false),
            Ok(()) | Err(_) => Ok(true),
        }
    }
}

fn name(state: &Path) -> std::io::Result<SocketAddr> {
    let path = state.as_os_str().as_bytes();
    let end = &path[path.len().saturating_sub(NAME_MAX)..];
    SocketAddr::from_abstract_name([b"golive-load:", end].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_waits_for_the_end_of_the_first() {
        let dir = tempfile::TempDir::new().unwrap();
        let first = Alone::beside(dir.path()).unwrap();
        assert!(first.is_some());
        assert!(Alone::beside(dir.path()).unwrap().is_none() && Alone::is_held(dir.path()).unwrap());
        let elsewhere = dir.path().join("another");
        assert!(Alone::beside(&elsewhere).unwrap().is_some());
        drop(first);
        assert!(!Alone::is_held(dir.path()).unwrap());
        assert!(Alone::beside(dir.path()).unwrap().is_some());
    }

    #[test]
    fn a_path_may_be_as_long_as_it_likes() {
        assert!(Alone::beside(Path::new(&format!("/{}/load", "deep/".repeat(900)))).unwrap().is_some());
    }
}
