//! Users and groups, by whatever tells this host of them (`nsswitch.conf(5)`): files, or a service far away that may be
//! slow or silent. So it is asked on a thread beside, and not for long.

use std::ffi::CString;
use std::sync::Arc;
use std::time::Duration;

use nix::unistd::{Group, Uid, User, getgrouplist};
use tokio::sync::Semaphore;

/// Nobody waits longer for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// So many ask at once, so that others get threads too while it is silent.
const AT_ONCE: usize = 4;

/// Knows users and their groups.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    seats: Arc<Semaphore>,
    patience: Duration,
}

impl Directory {
    pub(super) fn new() -> Self {
        Self { seats: Arc::new(Semaphore::new(AT_ONCE)), patience: PATIENCE }
    }

    /// A user's name; nothing, too, where it is not told in time.
    pub(super) async fn user(&self, uid: u32) -> Option<String> {
        self.ask(move || Some(user(uid)?.name)).await
    }

    /// The groups that a user is a member of; none, too, where they are not told in time.
    pub(super) async fn groups(&self, uid: u32) -> Vec<u32> {
        let groups = move || {
            let user = user(uid)?;
            getgrouplist(&CString::new(user.name).ok()?, user.gid).ok()
        };
        let groups = self.ask(groups).await.unwrap_or_default();
        groups.into_iter().map(nix::unistd::Gid::as_raw).collect()
    }

    async fn ask<T: Send + 'static>(&self, ask: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
        let answer = async {
            let seat = Arc::clone(&self.seats).acquire_owned().await.ok()?;
            let asked = tokio::task::spawn_blocking(move || {
                let answer = ask();
                // Whoever does not wait any more leaves the thread busy, and its seat taken.
                drop(seat);
                answer
            });
            asked.await.ok()?
        };
        tokio::time::timeout(self.patience, answer).await.ok().flatten()
    }
}

fn user(uid: u32) -> Option<User> {
    User::from_uid(Uid::from_raw(uid)).ok().flatten()
}

/// A group's number. For the start only: it waits for as long as it takes.
pub(super) fn group(name: &str) -> Option<u32> {
    Some(Group::from_name(name).ok().flatten()?.gid.as_raw())
}

#[cfg(test)]
mod tests;
