//! Tests of the core: the transition table, scripted scenarios, properties over nonsense, and a simulated host.

mod fixture;
mod invariants;
mod properties;
mod scenarios;
mod script;
mod simulated;
mod simulation;
mod table;
mod told;
