//! What the tests of several modules share.

#[allow(dead_code, reason = "the tests outside use it too, each what it needs of it")]
#[path = "../tests/world/case.rs"]
pub(crate) mod world;
