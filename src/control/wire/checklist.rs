//! The checklist of a version, as it goes over the socket.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::checklist::{Deed, Entry, Mark, Person, Standing};
use crate::model::sample::Outcome;

/// `POST …/checklist`
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChecklistBody {
    /// The version; that of the checklist that was worked on last when absent.
    pub version: Option<String>,
    /// Who; the caller when absent.
    pub by: Option<String>,
    /// What is done to it; it is shown when absent.
    pub deed: Option<Deed>,
}

/// How the checklist of a version stands.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChecklistInfo {
    /// The version.
    pub version: String,
    /// Nothing is open.
    pub complete: bool,
    /// The items.
    pub items: Vec<ChecklistItemInfo>,
}

/// An item of it (contract §3).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChecklistItemInfo {
    /// Its name in the configuration.
    pub name: String,
    /// The kind of its check; `manual` where it is signed. The daemon leaves it open for what a check shows.
    pub kind: Option<String>,
    /// None: groups are those of an acceptance run.
    pub group: Option<String>,
    /// code, infrastructure, security, performance, or a word of the team's own.
    pub phase: String,
    /// What it says.
    pub text: String,
    /// pass, waived, open, no-data or fail.
    pub outcome: Standing,
    /// What was measured.
    pub value: Option<f64>,
    /// What it is held against.
    pub limit: Option<f64>,
    /// Of both.
    pub unit: Option<String>,
    /// What was seen, or why it was waived.
    pub message: String,
    /// How long the check took.
    pub duration_seconds: Option<f64>,
    /// Who signed or waived it, or had its check made.
    pub signed_by: Option<String>,
    /// Their account, as the kernel knows it.
    pub signed_uid: Option<u32>,
    /// When.
    pub signed_at: Option<Timestamp>,
    /// What they say to it.
    pub note: Option<String>,
    /// Where it can be seen.
    pub evidence: Option<String>,
    /// Then a waiver ends.
    pub until: Option<Timestamp>,
}

impl ChecklistInfo {
    pub(super) fn new(version: String, entries: BTreeMap<String, Entry>) -> Self {
        let complete = entries.values().all(|entry| entry.standing.is_settled());
        Self { version, complete, items: entries.into_iter().map(ChecklistItemInfo::new).collect() }
    }
}

impl ChecklistItemInfo {
    fn new((name, entry): (String, Entry)) -> Self {
        let Entry { standing, item, mark } = entry;
        let mut info = Self {
            name,
            kind: item.manual.as_ref().map(|_| "manual".to_owned()),
            group: None,
            phase: item.phase,
            text: item.text,
            outcome: standing,
            value: None,
            limit: None,
            unit: None,
            message: String::new(),
            duration_seconds: None,
            signed_by: None,
            signed_uid: None,
            signed_at: None,
            note: None,
            evidence: None,
            until: None,
        };
        // What was shown or signed too long ago counts no more, and is seen all the same.
        info.take(mark, standing);
        info
    }

    fn take(&mut self, mark: Mark, standing: Standing) {
        let Mark { shown, signed, waived } = mark;
        if let Some(shown) = shown {
            self.stands_for(shown.by, shown.at);
            self.duration_seconds = Some(shown.took.as_secs_f64());
            if let Some(figure) = shown.figure {
                let unit: &str = figure.unit.into();
                (self.value, self.limit, self.unit) =
                    (Some(figure.value), figure.limit, Some(unit.to_owned()));
            }
            self.message = match shown.result {
                Outcome::Ok => String::new(),
                Outcome::Failed(seen) | Outcome::Blind(seen) => seen,
            };
        }
        if let Some(signed) = signed {
            self.stands_for(signed.by, signed.at);
            (self.note, self.evidence) = (signed.note, signed.evidence);
        }
        if let Some(waived) = waived.filter(|_| standing == Standing::Waived) {
            self.stands_for(waived.by, waived.at);
            (self.message, self.until) = (waived.why, Some(waived.until));
        }
    }

    fn stands_for(&mut self, by: Person, at: Timestamp) {
        (self.signed_by, self.signed_uid, self.signed_at) = (Some(by.name), by.uid, Some(at));
    }
}
