//! The .deb under a real systemd: what an administrator does with it, from the installation to the purge.
//!
//! `GOLIVE_DEB` names the package; `./test` builds it and sets that. Each test boots a Debian of its own in a container.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is a panic")]

mod install;
mod lifecycle;
mod story;
mod supervision;
mod system;
