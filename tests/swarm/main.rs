//! The built program on Docker Swarms of its own: each node is a private engine in a network namespace, as far from the
//! machine's engine as another host would be.
//!
//! Everything is named `golive-test-<pid>-…` and ends with its test, also when that fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]

mod faults;
mod manager;
mod story;

mod bad_release;
mod calls;
mod clocks;
mod discover;
mod drained;
mod filtered;
mod held;
mod joined;
mod phases;
mod quorum;
mod stack;
mod standbys;
mod three_managers;
mod turns;
mod way_back;
