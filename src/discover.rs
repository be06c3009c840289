//! A first `rules.toml` from what this host runs: look at the engine, ask what it publishes, write down what was found.
//!
//! Three parts that do not know each other: `subjects` reads the engine, `knock` and `prometheus` ask by GET at addresses of
//! this host alone, and `draft` makes the text, from what was seen and nothing else. What the text says works was tried with
//! the probes that the daemon uses, so that `golive check --online` finds the same.

mod door;
mod draft;
mod knock;
mod look;
mod names;
mod prometheus;
mod seen;
mod subjects;
#[cfg(test)]
mod tests;

pub(crate) use draft::draft;
pub(crate) use look::{Around, look};
