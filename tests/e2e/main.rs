//! The built program on a real Docker Engine, from outside: bad releases, crashes, outages, people in between.
//!
//! Every name begins with `golive-test-`, every port is chosen free, and every test cleans up after itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]
#![expect(clippy::disallowed_methods, reason = "a test waits in real time")]

mod acceptance;
mod answers;
mod bad_release;
mod compose;
mod discover;
mod drill;
mod engines;
mod faults;
mod filtered;
mod football;
mod guards;
mod judged;
mod kills;
mod load;
mod logs;
mod outages;
mod people;
mod pins;
mod sets;
mod stacks;
mod standstill;
mod strangers;
mod traffic;
