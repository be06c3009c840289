//! Several notices in one message.

use crate::model::notice::{News, Notice, Place, Stage, Tier};

/// What a message says: the newest notice of an incident, or that there are several.
pub fn headline(newest: &Notice, with: &[Notice]) -> Notice {
    if with.iter().all(|other| other.incident == newest.incident) {
        return newest.clone();
    }
    let all = || with.iter().chain([newest]);
    let tier = all().map(|notice| notice.tier).max().unwrap_or(Tier::General);
    let service = newest.service.clone().filter(|_| all().all(|notice| notice.service == newest.service));
    Notice {
        id: format!("{}+{}", newest.id, with.len()),
        incident: format!("digest-{}", newest.id),
        tier,
        news: News::Digest { count: with.len() + 1 },
        service,
        at: newest.at,
        release: None,
        from: None,
        to: None,
        reason: None,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    }
}

/// The incident's beginning, where its end is told together with that.
pub(super) fn beginning<'a>(notice: &Notice, with: &'a [Notice]) -> Option<&'a Notice> {
    let first = with.first().filter(|first| first.place.stage == Stage::First)?;
    (notice.place.stage == Stage::Resolved && first.incident == notice.incident).then_some(first)
}
