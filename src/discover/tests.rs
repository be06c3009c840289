//! The draft from what was seen, looking at an engine, and asking servers that do their worst.

use super::*;

mod drafts;
mod queries;
mod servers;
mod stage;
