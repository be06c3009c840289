//! The built program on Docker Swarms of its own: each node is a private engine in a network namespace, as far from the
//! machine's engine as another host would be.
//!
//! Everything is named `golive-test-<pid>-…` and ends with its test, also when that fails.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]
#![expect(clippy::print_stderr, reason = "what helps to understand a failure")]

#[path = "../fixtures/ask.rs"]
mod ask;
mod cluster;
mod faults;
mod manager;
mod sink;
mod story;

mod bad_release;
mod calls;
mod clocks;
mod drained;
mod held;
mod joined;
#[path = "../e2e/noise.rs"]
mod noise;
mod phases;
#[expect(dead_code, reason = "shared")]
#[path = "../e2e/proxy.rs"]
mod proxy;
mod quorum;
mod stack;
mod three_managers;
mod turns;
#[path = "../fixtures/until.rs"]
mod until;
mod way_back;
