//! What people have promised in the records of releases: what is not done when its day is over is told, once.
//!
//! It is nobody's turn: whichever golive a promise was made to tells it, whether it acts for the service or not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::action::{Action, Persist, When};
use crate::model::notice::{News, Notice, Place, Tier};
use crate::model::reason::Reason;
use crate::model::remark::{Dated, Task};

/// So much of one release is told by its text; of the rest, how much there is.
const NAMED: usize = 5;

/// What is not done.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FollowUps {
    open: Vec<Dated>,
    /// What was told and may not be stored as told yet: the entries.
    told: BTreeSet<i64>,
}

impl FollowUps {
    /// All that has a day and is not stored as told.
    pub(super) fn take(&mut self, all: &[Dated]) {
        self.told.retain(|entry| all.iter().any(|one| one.entry == *entry));
        self.open = all.iter().filter(|one| !self.told.contains(&one.entry)).cloned().collect();
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.open.iter().map(|one| one.ends).min()
    }

    /// Tells what is overdue, for each release in one message.
    pub(super) fn due(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let mut overdue: BTreeMap<String, Vec<Dated>> = BTreeMap::new();
        for one in self.open.extract_if(.., |one| one.ends <= now) {
            overdue.entry(one.release.clone()).or_default().push(one);
        }
        for (release, all) in overdue {
            let entries: Vec<i64> = all.iter().map(|one| one.entry).collect();
            self.told.extend(&entries);
            actions.extend(notice(now, &release, all).map(|notice| Action::Tell {
                notice,
                channels: Vec::new(),
                when: When::Now,
            }));
            actions.push(Action::Persist(Persist::Overdue { release, entries }));
        }
    }
}

/// In the release's thread.
fn notice(now: Timestamp, release: &str, all: Vec<Dated>) -> Option<Notice> {
    let first = all.first()?;
    let (service, version, entry) = (first.service.clone(), first.version.clone(), first.entry);
    let more = all.len().saturating_sub(NAMED);
    let tasks: Vec<Task> = all.into_iter().take(NAMED).map(|one| one.task).collect();
    let news = News::FollowUpOverdue;
    Some(Notice {
        id: format!("{release}.{}.{entry}", news.into_str()),
        incident: release.to_owned(),
        tier: Tier::General,
        news,
        service: Some(service),
        at: now,
        release: Some(release.to_owned()),
        from: Some(version),
        to: None,
        reason: Some(Reason::Overdue { tasks, more }),
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    })
}
