//! A deployment under way, as it is shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::decide::view::DeploymentView;
use crate::text::Texts;

/// Somebody is at work on what runs.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeploymentInfo {
    /// When it began.
    pub started_at: Timestamp,
    /// What it waits for, a sentence each.
    pub waits: Vec<String>,
    /// People were told that it does not end.
    pub notified: bool,
}

impl DeploymentInfo {
    pub(super) fn new(deployment: &DeploymentView, texts: &Texts) -> Self {
        let DeploymentView { began, waits, told } = deployment;
        Self { started_at: *began, waits: texts.waits(waits), notified: *told }
    }
}
