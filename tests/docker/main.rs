//! The runtime on a real Docker Engine.
//!
//! Everything is named `golive-test-<pid>-…` and removed again, also when a test fails.

#![expect(clippy::unwrap_used, reason = "in a test, what goes wrong is a panic")]

mod engine;

mod after_crash;
mod back;
mod compose;
mod dependents;
mod faithful;
mod identity;
mod interference;
mod outage;
mod pin;
mod podman;
mod rollback;
mod sources;
mod start_first;
mod watch;
