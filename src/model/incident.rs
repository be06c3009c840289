//! What an incident is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;

/// Something that people know about or must know about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Incident {
    /// Its id, as typed after `golive ack`.
    pub id: String,
    /// The service; `None` for golive itself.
    pub service: Option<String>,
    /// The release it began with.
    pub release: Option<String>,
    /// How loud.
    pub tier: Tier,
    /// What began it.
    pub news: News,
    /// Why.
    pub reason: Option<Reason>,
    /// The version that it is about, as it was told last.
    pub from: Option<String>,
    /// The other version that it names: the one that is gone back to, or should run.
    pub to: Option<String>,
    /// Open, acknowledged or over.
    pub state: IncidentState,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How many notices it has caused; numbers them.
    pub notices: u32,
    /// When people are reminded next.
    pub remind_at: Option<Timestamp>,
    /// How often they were since its last turn.
    pub reminders: u32,
    /// When more people are told, unless somebody has acknowledged it by then.
    pub escalate_at: Option<Timestamp>,
    /// More people were told, and hear of its end.
    pub escalated: bool,
    /// So many of its symptoms had no notice of their own.
    pub suppressed: u32,
    /// So often it has opened again after it seemed to be over.
    pub flaps: u32,
    /// It seems to be over, and is when it has stayed so until then.
    pub resolve_at: Option<Timestamp>,
}

impl Incident {
    /// What its turns are reckoned from, and what is waited for.
    pub fn running_times(&mut self) -> impl Iterator<Item = &mut Timestamp> {
        let others = [&mut self.ended, &mut self.remind_at, &mut self.escalate_at, &mut self.resolve_at];
        std::iter::once(&mut self.began).chain(others.into_iter().flatten())
    }

    /// One that has just begun and was not told yet.
    pub fn new(id: String, service: Option<String>, tier: Tier, news: News, began: Timestamp) -> Self {
        Self {
            id,
            service,
            release: None,
            tier,
            news,
            reason: None,
            from: None,
            to: None,
            state: IncidentState::Open,
            began,
            ended: None,
            notices: 0,
            remind_at: None,
            reminders: 0,
            escalate_at: None,
            escalated: false,
            suppressed: 0,
            flaps: 0,
            resolve_at: None,
        }
    }

    /// Where it stands for whoever looks now: what has gone by, and is only watched for a while lest it comes back, is
    /// over.
    pub fn standing(&self) -> &IncidentState {
        if self.resolve_at.is_some() { &IncidentState::Resolved } else { &self.state }
    }
}

/// Where an incident stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[strum(serialize_all = "kebab-case", const_into_str)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum IncidentState {
    /// Nobody has taken it on.
    Open,
    /// Somebody has.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// Over.
    Resolved,
}
