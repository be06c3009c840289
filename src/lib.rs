//! golive: a watchdog for Docker hosts, so that a bad release takes itself back.
//!
//! The modules in dependency order; what each may use is written in `ARCHITECTURE.md` and enforced by
//! `tests/architecture.rs`.

pub mod dsse;
pub mod program;
pub mod stats;
pub mod untrusted;

pub mod model;

pub mod decide;

pub mod chart;
pub mod clock;
pub mod config;
pub mod docker;
pub mod door;
pub mod git;
pub mod text;
pub mod ticket;

pub mod control;
pub mod load;
pub mod metrics;
pub mod notify;
mod outbound;
pub mod page;
pub mod probe;
pub mod runtime;
pub mod store;

pub mod acceptance;
mod discover;
pub mod record;
pub mod replay;
pub mod signals;
pub mod systemd;
pub mod telemetry;

pub mod cli;
pub mod daemon;
pub mod demo;

#[cfg(test)]
mod tests;
