//! What is asked behind the `?`.

use serde::Deserialize;

/// `?service=&after=&timeout=`
#[derive(Debug, Deserialize)]
pub struct StatusQuery {
    /// Only this one.
    pub service: Option<String>,
    /// Wait until the revision is another than this.
    pub after: Option<String>,
    /// Seconds to wait for that; 30 at most.
    pub timeout: Option<u64>,
}

/// `?release=&timeout=&phase=`
#[derive(Debug, Deserialize)]
pub struct OutcomeQuery {
    /// This release; the one at hand, else the last, when absent.
    pub release: Option<String>,
    /// Seconds to wait for a decision; 30 at most.
    pub timeout: Option<u64>,
    /// Wait no longer once the phase is another than this.
    pub phase: Option<String>,
}
