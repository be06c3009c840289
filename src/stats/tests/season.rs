//! The reference values of the rule, and what must hold for any metric.

mod metrics;
mod reference;
mod size;
