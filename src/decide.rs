//! The core: what golive decides. Synchronous and total, without IO, clock, randomness or logging.
//!
//! The shell turns the world into [`event::Event`]s, hands them to [`State::step`] with the time, and carries the
//! [`action::Action`]s out; results come back as events.

pub mod action;
pub mod event;
pub mod facts;
pub mod policy;
pub mod verdict;
pub mod view;
