//! golive: a watchdog for Docker hosts, so that a bad release takes itself back.
//!
//! The modules in dependency order; what each may use is written in `ARCHITECTURE.md` and enforced by
//! `tests/architecture.rs`.

pub mod clock;
pub mod config;
pub mod decide;
pub mod notify;
pub mod probe;
pub mod signals;
pub mod store;
pub mod systemd;
pub mod telemetry;
pub mod text;
