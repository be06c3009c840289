//! What others show while a release is watched. It comes in as a happening of the release, so that a restart and a replay
//! know of it whatever was known.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::blame::onset::{APART, Looks, Shown, TOLERANCE};
use super::trigger::{Course, Gathering, Shows, Trouble, span};
use crate::model::beside::{Beside, Kin, Look, Norm, Other, Tick, Usual};

mod kin;
mod look;
mod row;

pub(super) use row::Rows;

/// Others are looked at so often while the release is in no trouble, and as often as anything happens while it is.
const OFTEN: Duration = Duration::from_secs(15);

/// Odds at which another service has trouble of its own (judgement §2.8 B).
const TROUBLED: f64 = 20.0;

/// One failure may be luck.
const FAILED: u32 = 2;

/// What is known of others in the watch at hand.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Others {
    /// Since when the release is watched, and when they were looked at last.
    since: Option<Timestamp>,
    looked: Option<Timestamp>,
    known: BTreeMap<String, Neighbour>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
struct Neighbour {
    kin: Kin,
    interval: Duration,
    /// It is watched as a release itself, since then.
    released: Option<Timestamp>,
    errors: Option<Share>,
    slow: Option<Share>,
    rows: Rows,
}

/// One kind of bad requests of it.
#[derive(Debug, Clone, PartialEq)]
struct Share {
    tolerated: f64,
    beyond: bool,
    /// Evidence is of what came since the release; the course knows a little more.
    gathering: Gathering,
    course: Course,
    taken: Timestamp,
}

impl Others {
    /// Of a watch that begins now.
    pub(super) fn of_watch(began: Timestamp) -> Self {
        Self { since: Some(began), ..Self::default() }
    }

    fn due(&self, now: Timestamp, uneasy: bool) -> bool {
        let often = if uneasy { Duration::ZERO } else { OFTEN };
        self.looked.is_none_or(|looked| now > looked && span(looked, now) >= often)
    }

    /// What of it is not known yet; `None` where that is nothing.
    fn fresh(&self, other: Other) -> Option<Other> {
        let Some(known) = self.known.get(&other.name) else { return Some(other) };
        let was_busy = known.errors.is_none();
        if let Some(busy) = other.busy {
            return (!was_busy || known.released != busy.released).then_some(other);
        }
        if was_busy {
            return Some(other);
        }
        let newer = |share: &Option<Share>, ticks: Vec<Tick>| -> Vec<Tick> {
            let taken = share.as_ref().map(|share| share.taken);
            ticks.into_iter().filter(|tick| taken.is_none_or(|taken| tick.from >= taken)).collect()
        };
        let (errors, slow) = (newer(&known.errors, other.errors), newer(&known.slow, other.slow));
        let looks: Vec<Look> = other.looks.into_iter().filter(|look| known.rows.is_news(look)).collect();
        let news = !errors.is_empty() || !slow.is_empty() || !looks.is_empty();
        news.then_some(Other { usual: None, errors, slow, looks, ..other })
    }

    /// What the checks of what the service depends on have to say that is not known yet.
    fn of_checks(&self, rows: &Rows, interval: Duration) -> Vec<Other> {
        let news = rows.told().filter_map(|(name, looks)| {
            let known = self.known.get(name).map(|known| &known.rows);
            let news = |look: &Look| known.is_none_or(|rows| rows.is_news(look));
            let looks: Vec<Look> = looks.into_iter().filter(news).collect();
            (!looks.is_empty()).then(|| Other {
                name: name.clone(),
                kin: Kin::Needed,
                interval,
                busy: None,
                usual: None,
                errors: Vec::new(),
                slow: Vec::new(),
                looks,
            })
        });
        news.collect()
    }

    /// Takes in what was seen, in a watch of so long.
    pub(super) fn take(&mut self, beside: &Beside, window: Duration) {
        let began = *self.since.get_or_insert(beside.since);
        self.looked = Some(beside.at);
        for other in &beside.others {
            let known = self.known.entry(other.name.clone()).or_insert_with(|| Neighbour::new(other));
            if other.busy.is_some() {
                *known = Neighbour::new(other);
            }
            if let Some(usual) = other.usual {
                known.released = None;
                known.arm(usual, other.interval, window);
            }
            (known.kin, known.interval) = (other.kin, other.interval);
            known.see(other, began);
        }
    }

    /// What they show of such a trouble.
    pub(super) fn shown(&self, trouble: &Trouble) -> Vec<Shown<'_>> {
        let idle = self.known.iter().filter(|(_, other)| !other.is_busy());
        idle.map(|(name, other)| other.shown(name, trouble)).collect()
    }

    /// Polls of two services may lie two intervals apart.
    pub(super) fn tolerance(&self, interval: Duration) -> Duration {
        let longest = self.known.values().map(|other| other.interval).fold(interval, Duration::max);
        TOLERANCE.max(longest.saturating_mul(2))
    }

    /// How many are well.
    pub(super) fn well(&self) -> usize {
        self.known.values().filter(|other| other.is_well()).count()
    }

    /// What the release depends on and is watched as a release itself, since then.
    pub(super) fn released_too(&self) -> Option<(&str, Timestamp)> {
        let needed = self.known.iter().filter(|(_, other)| other.kin == Kin::Needed);
        needed.filter_map(|(name, other)| Some((name.as_str(), other.released?))).min_by_key(|(_, at)| *at)
    }
}

impl Neighbour {
    fn new(other: &Other) -> Self {
        let released = other.busy.and_then(|busy| busy.released);
        let (kin, interval) = (other.kin, other.interval);
        Self { kin, interval, released, errors: None, slow: None, rows: Rows::default() }
    }

    /// Nothing is held against it, and nothing is known by it.
    fn is_busy(&self) -> bool {
        self.errors.is_none() && self.rows.is_empty()
    }

    fn arm(&mut self, usual: Usual, interval: Duration, window: Duration) {
        let share = |norm: Norm| Share {
            tolerated: norm.tolerated,
            beyond: norm.beyond,
            gathering: Gathering::of(norm.tolerated, norm.dispersion, window, interval),
            course: Course::default(),
            taken: Timestamp::MIN,
        };
        (self.errors, self.slow) = (Some(share(usual.errors)), Some(share(usual.slow)));
    }

    fn see(&mut self, other: &Other, began: Timestamp) {
        for (share, ticks) in [(&mut self.errors, &other.errors), (&mut self.slow, &other.slow)] {
            for tick in ticks {
                if let Some(share) = share.as_mut() {
                    share.see(tick, began);
                }
            }
        }
        other.looks.iter().for_each(|look| self.rows.take(look));
    }

    fn share(&self, of: Shows) -> Option<&Share> {
        match of {
            Shows::Errors | Shows::Checks => self.errors.as_ref(),
            Shows::Slowness => self.slow.as_ref(),
        }
    }

    /// Since when it is in trouble, whatever shows it.
    fn trouble(&self) -> Option<Timestamp> {
        let shares = [&self.errors, &self.slow].into_iter().flatten().filter_map(Share::trouble);
        shares.chain(self.rows.failing(FAILED)).min()
    }

    fn is_well(&self) -> bool {
        !self.is_busy() && self.trouble().is_none() && self.rows.failing(1).is_none()
    }

    fn shown<'a>(&'a self, name: &'a str, trouble: &Trouble) -> Shown<'a> {
        let shares = || [&self.errors, &self.slow].into_iter().flatten();
        Shown {
            name,
            kin: self.kin,
            trouble: self.trouble(),
            beyond: shares().any(|share| share.beyond && share.trouble().is_some()),
            looks: self.looks(trouble),
            uneasy: shares().any(|share| share.course.onset(share.tolerated).is_some())
                || self.rows.failing(1).is_some(),
            interval: self.interval,
        }
    }

    fn looks(&self, trouble: &Trouble) -> Looks {
        if trouble.of == Shows::Checks {
            return self.rows.looks(trouble.onset);
        }
        let Some(share) = self.share(trouble.of) else { return Looks::Nothing };
        let apart = trouble.onset.checked_add(APART).unwrap_or(Timestamp::MAX);
        let (later, any) = (share.course.since(apart), share.course.since(Timestamp::MIN).total > 0);
        Looks::of_requests(later.bad, later.total, any, trouble.rate)
    }
}

impl Share {
    fn see(&mut self, tick: &Tick, began: Timestamp) {
        if tick.from < self.taken {
            return;
        }
        self.taken = tick.to;
        self.course.push(tick.from, tick.to, tick.counts);
        if tick.from >= began {
            self.gathering.count(tick.from, tick.to, tick.counts);
        }
    }

    fn trouble(&self) -> Option<Timestamp> {
        let proof = &self.gathering.proof;
        proof.troubled(TROUBLED).then(|| self.course.onset(self.tolerated))?
    }
}
