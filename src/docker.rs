//! The Docker Engine: the only room that knows its API and its JSON.
//!
//! Whoever looks (`probe`) and whoever acts (`runtime`) asks through the same client, with the same deadlines, and hears
//! of what goes wrong in the same words. Nothing here decides, and nothing here tries again what acts.

mod believed;
pub(crate) mod bonds;
mod by_hand;
mod client;
pub(crate) mod compose;
mod containers;
pub(crate) mod digest;
mod error;
pub(crate) mod events;
mod files;
pub(crate) mod id;
mod images;
mod inspect;
pub(crate) mod labels;
mod leaning;
pub(crate) mod logs;
mod marks;
mod remembered;
pub(crate) mod settings;
pub(crate) mod spec;
mod stream;
pub(crate) mod swarm;
mod system;
#[cfg(test)]
mod tests;
mod trial;

pub(crate) use bonds::Leaning;
pub use client::Engine;
pub(crate) use client::SLOW;
pub use error::{Class, ClientError, EngineError};
pub(crate) use files::{Kind, Stat};
pub(crate) use images::KEPT;
pub(crate) use inspect::{Health, Inspect};
pub(crate) use remembered::Remembered;
pub use system::{OLDEST_API, Version};

/// Where the engine listens unless told otherwise.
pub(crate) const SOCKET: &str = "/var/run/docker.sock";
