//! Who is at the other end of a connection, and whether they may use it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use rustix::process::{getegid, geteuid};
use tokio::net::UnixStream;

use crate::model::checklist::Person;
use crate::text::Texts;

mod directory;

use directory::{Directory, group};

/// Who may use the socket beside root and the daemon's own user.
const GROUP: &str = "golive";

/// The bits of a mode that are everybody's.
const OTHERS: u32 = 3;

/// Who asks, as the kernel saw them when they connected.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// `None` when the kernel did not tell.
    uid: Option<u32>,
    /// Whether they may ask anything, as far as the kernel tells.
    admitted: bool,
    /// Root, or the daemon's own user.
    pub(super) master: bool,
    /// Whoever is a member of one of these may, too.
    groups: Arc<[u32]>,
    directory: Directory,
}

/// Who may use the socket. While its mode says the same, whoever has connected is one of them: the kernel knows also the
/// groups that only a directory service tells of. This holds also where somebody widened the mode.
#[derive(Debug)]
pub(super) struct Gate {
    socket: PathBuf,
    own: u32,
    groups: Arc<[u32]>,
    directory: Directory,
}

/// What the kernel says of a peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Credentials {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) pid: Option<i32>,
}

impl Gate {
    pub(super) fn new(socket: PathBuf) -> Self {
        let groups = [group(GROUP), Some(getegid().as_raw())];
        let groups = groups.into_iter().flatten().collect();
        Self { socket, own: geteuid().as_raw(), groups, directory: Directory::new() }
    }

    pub(super) fn peer(&self, stream: &UnixStream) -> Peer {
        let found = stream.peer_cred().ok();
        let found = found.map(|it| Credentials { uid: it.uid(), gid: it.gid(), pid: it.pid() });
        Peer {
            uid: found.map(|it| it.uid),
            admitted: found.is_some_and(|it| self.admits(it)),
            master: found.is_some_and(|it| self.is_master(it)),
            groups: Arc::clone(&self.groups),
            directory: self.directory.clone(),
        }
    }

    fn is_master(&self, peer: Credentials) -> bool {
        peer.uid == 0 || peer.uid == self.own
    }

    /// Whether the kernel lets nobody else connect.
    fn is_narrow(&self) -> bool {
        self.socket.symlink_metadata().is_ok_and(|found| {
            let owned = [0, self.own].contains(&found.uid()) && self.groups.contains(&found.gid());
            found.file_type().is_socket() && owned && found.mode().trailing_zeros() >= OTHERS
        })
    }

    fn admits(&self, peer: Credentials) -> bool {
        let ours = |gid: u32| self.groups.contains(&gid);
        self.is_master(peer)
            || self.is_narrow()
            || ours(peer.gid)
            || peer.pid.is_some_and(|pid| supplementary(pid).into_iter().any(ours))
    }
}

impl Peer {
    /// Whether they may ask anything. A member of the group may whose process does not have it yet.
    pub(super) async fn may_ask(&self) -> bool {
        self.admitted
            || match self.uid {
                Some(uid) => self.directory.groups(uid).await.iter().any(|gid| self.groups.contains(gid)),
                None => false,
            }
    }

    /// Who it is.
    pub(super) async fn name(&self) -> String {
        let Some(uid) = self.uid else { return "somebody".to_owned() };
        self.directory.user(uid).await.unwrap_or_else(|| self.number())
    }

    /// Whom they say it is, where they say so. Whoever could say so falsely is named too.
    pub(super) async fn stands_for(&self, said: Option<String>, texts: &Texts) -> String {
        let own = self.name().await;
        match said.filter(|said| !said.trim().is_empty()) {
            None => own,
            Some(said) if self.uid == Some(0) || said == own => said,
            Some(said) => texts.said_by(&said, &own),
        }
    }

    /// Whom they say it is, else their account's name; the account too.
    pub(super) async fn person(&self, said: Option<String>) -> Person {
        let said = said.filter(|said| !said.trim().is_empty());
        let name = match said {
            Some(said) => said,
            None => self.name().await,
        };
        Person { name, uid: self.uid }
    }

    /// Their user id, for the journal.
    pub(super) fn number(&self) -> String {
        self.uid.map_or_else(|| "uid unknown".to_owned(), |uid| format!("uid {uid}"))
    }
}

/// The number of the group whose members may use the socket.
pub(super) fn golive_group() -> Option<u32> {
    group(GROUP)
}

/// The groups of a process, where `/proc` shows it.
fn supplementary(pid: i32) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap_or_default();
    groups.split_whitespace().filter_map(|gid| gid.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
