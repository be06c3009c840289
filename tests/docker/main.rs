//! The runtime on a real Docker Engine.
//!
//! Everything is named `golive-test-<pid>-…` and removed again, also when a test fails.

mod engine;

mod rollback;
