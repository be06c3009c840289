//! Tests of the core: the transition table, scripted scenarios, properties over nonsense, and a simulated host.

#![allow(
    clippy::wildcard_enum_match_arm,
    clippy::unused_self,
    clippy::option_option,
    reason = "a test picks out what it is about"
)]

mod aftermath;
mod checklist;
mod curve;
mod fixture;
mod follow_up;
mod freeze;
mod invariants;
mod judging;
mod leadership;
mod properties;
mod records;
mod reload;
mod scenarios;
mod script;
pub(super) mod sets;
mod simulated;
mod simulation;
mod table;
mod telling;
mod told;
