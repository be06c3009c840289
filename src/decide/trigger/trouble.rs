//! When a trouble began, and what shows it: by that it is held against what others show.

use jiff::Timestamp;

/// The release's own trouble, as far as others can show the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::decide) struct Trouble {
    /// When it began.
    pub(in crate::decide) onset: Timestamp,
    /// So much of it goes wrong.
    pub(in crate::decide) rate: Option<f64>,
    /// What shows it.
    pub(in crate::decide) of: Shows,
    /// It was beyond its limit before the release already.
    pub(in crate::decide) bad_before: bool,
    /// It was so as long as anything was counted: it may have begun with the release.
    pub(in crate::decide) all_along: bool,
}

/// What shows a trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decide) enum Shows {
    /// Health checks.
    Checks,
    /// Requests that fail, or anything that goes with them.
    Errors,
    /// Requests that are slow.
    Slowness,
}
