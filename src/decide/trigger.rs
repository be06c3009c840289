//! The triggers: samples in, verdicts out.

pub mod health;
