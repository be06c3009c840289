//! Releases judged by what they do: with a real Prometheus that scrapes every second, and by golive's own scrapes alone.
//!
//! The service tells of customers that are made up and come evenly, so that a case is the same each time.

mod excused;
mod rolled_back;
mod spared;
mod stage;
