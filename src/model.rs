//! The vocabulary of golive, by thing: plain data with its form as JSON, and what follows from that data alone.
//!
//! What is recorded and exported is written as it stands here: kebab-case words (`into_str` gives the same ones), times as
//! in RFC 3339, durations in seconds.

pub mod acceptance;
pub mod beside;
pub mod checklist;
pub mod content;
pub mod decision;
pub mod drill;
pub mod event;
pub mod facts;
pub mod figure;
pub mod incident;
pub mod load;
pub mod notice;
pub mod past;
pub mod phrase;
pub mod plan;
pub mod policy;
pub mod reading;
pub mod reason;
pub mod refusal;
pub mod release;
pub mod remark;
pub mod roster;
pub mod running;
pub mod sample;
pub mod seconds;
pub mod step;
pub mod verdict;
pub mod witness;

#[cfg(test)]
pub(crate) mod tests;
