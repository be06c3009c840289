//! Who is at the other end of a connection, and whether they may use it.

use std::fs;

use rustix::process::{getegid, geteuid};
use tokio::net::UnixStream;

/// Who may use the socket beside root and the daemon's own user.
const GROUP: &str = "golive";

/// Who asks, as the kernel saw them when they connected.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// `None` when the kernel did not tell.
    uid: Option<u32>,
    /// Whether they may ask anything.
    pub(super) admitted: bool,
}

/// Who may use the socket. Its mode says the same; this holds also where somebody widened the mode.
#[derive(Debug)]
pub(super) struct Gate {
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
    pub(super) fn new() -> Self {
        let groups = [group(GROUP), Some(getegid().as_raw())];
        Self { own: geteuid().as_raw(), groups: groups.into_iter().flatten().collect() }
    }

    pub(super) fn peer(&self, stream: &UnixStream) -> Peer {
        let found = stream.peer_cred().ok();
        let found = found.map(|it| Credentials { uid: it.uid(), gid: it.gid(), pid: it.pid() });
        Peer { uid: found.map(|it| it.uid), admitted: found.is_some_and(|it| self.admits(it)) }
    }

    fn admits(&self, peer: Credentials) -> bool {
        let ours = |gid: u32| self.groups.contains(&gid);
        peer.uid == 0
            || peer.uid == self.own
            || ours(peer.gid)
            || listed(peer.uid).into_iter().any(ours)
            || peer.pid.is_some_and(|pid| supplementary(pid).into_iter().any(ours))
    }
}

impl Peer {
    /// Who it is, unless they say otherwise.
    pub(super) fn name(&self, said: Option<String>) -> String {
        let own = || Some(user(self.uid?).unwrap_or_else(|| self.number()));
        said.filter(|said| !said.trim().is_empty()).or_else(own).unwrap_or_else(|| "somebody".to_owned())
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

/// The groups of a process: members may also come from a directory service, which `/etc/group` does not know.
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
