//! Who is at the other end of a connection, and whether they may use it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;

use rustix::process::{getegid, geteuid};
use tokio::net::UnixStream;

use crate::text::Texts;

/// Who may use the socket beside root and the daemon's own user.
const GROUP: &str = "golive";

/// The bits of a mode that are everybody's.
const OTHERS: u32 = 3;

/// Who asks, as the kernel saw them when they connected.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// `None` when the kernel did not tell.
    uid: Option<u32>,
    /// Whether they may ask anything.
    pub(super) admitted: bool,
    /// Root, or the daemon's own user.
    pub(super) master: bool,
}

/// Who may use the socket. While its mode says the same, whoever has connected is one of them: the kernel knows also the
/// groups that only a directory service tells of. This holds also where somebody widened the mode.
#[derive(Debug)]
pub(super) struct Gate {
    socket: PathBuf,
    own: u32,
    groups: Vec<u32>,
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
        Self { socket, own: geteuid().as_raw(), groups: groups.into_iter().flatten().collect() }
    }

    pub(super) fn peer(&self, stream: &UnixStream) -> Peer {
        let found = stream.peer_cred().ok();
        let found = found.map(|it| Credentials { uid: it.uid(), gid: it.gid(), pid: it.pid() });
        Peer {
            uid: found.map(|it| it.uid),
            admitted: found.is_some_and(|it| self.admits(it)),
            master: found.is_some_and(|it| self.is_master(it)),
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
            || listed(peer.uid).into_iter().any(ours)
            || peer.pid.is_some_and(|pid| supplementary(pid).into_iter().any(ours))
    }
}

impl Peer {
    /// Who it is.
    pub(super) fn name(&self) -> String {
        let known = self.uid.map(|uid| user(uid).unwrap_or_else(|| self.number()));
        known.unwrap_or_else(|| "somebody".to_owned())
    }

    /// Whom they say it is, where they say so. Whoever could say so falsely is named too.
    pub(super) fn stands_for(&self, said: Option<String>, texts: &Texts) -> String {
        let own = self.name();
        match said.filter(|said| !said.trim().is_empty()) {
            None => own,
            Some(said) if self.uid == Some(0) || said == own => said,
            Some(said) => texts.said_by(&said, &own),
        }
    }

    /// Their user id, for the journal.
    pub(super) fn number(&self) -> String {
        self.uid.map_or_else(|| "uid unknown".to_owned(), |uid| format!("uid {uid}"))
    }
}

/// A group's number (`group(5)`).
pub(super) fn golive_group() -> Option<u32> {
    group(GROUP)
}

fn group(name: &str) -> Option<u32> {
    rows("/etc/group").iter().find(|row| field(row, 0) == name).and_then(|row| field(row, 2).parse().ok())
}

/// The groups whose list of members names that user.
fn listed(uid: u32) -> Vec<u32> {
    let Some(user) = user(uid) else { return Vec::new() };
    let named = |row: &String| field(row, 3).split(',').any(|member| member == user);
    rows("/etc/group").iter().filter(|row| named(row)).filter_map(|row| field(row, 2).parse().ok()).collect()
}

/// The groups of a process, where `/proc` shows it.
fn supplementary(pid: i32) -> Vec<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let groups = status.lines().find_map(|line| line.strip_prefix("Groups:")).unwrap_or_default();
    groups.split_whitespace().filter_map(|gid| gid.parse().ok()).collect()
}

/// A user's name (`passwd(5)`).
fn user(uid: u32) -> Option<String> {
    let uid = uid.to_string();
    rows("/etc/passwd").iter().find(|row| field(row, 2) == uid).map(|row| field(row, 0).to_owned())
}

fn rows(file: &str) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

fn field(row: &str, at: usize) -> &str {
    row.split(':').nth(at).unwrap_or_default()
}

#[cfg(test)]
mod tests;
