//! Which golive acts for the sets of a Swarm: the one that holds the lease, on whichever manager it is.
//!
//! The lease is one config object for all sets. Its data cannot be changed, its labels can: a renewal is one small update
//! in ten seconds, which the managers agree on like on any other. Each names the version that it was made from, so that
//! of two that take the lease one succeeds. Whoever waits counts by its own clock for how long the object has had the same
//! version; the time that it carries is for nothing but to tell how far two clocks are apart (`clocks`).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::docker::labels::{HOLDER, HOST, TIME};
use crate::docker::swarm::{Kind, text, version};
use crate::docker::{Class, Engine, EngineError};
use crate::untrusted::clean;

pub(super) const NAME: &str = "golive.lease";
const NOTE: &str = "The golive that the labels name acts for the services of this Swarm.\n";

/// It is renewed so often, and whoever cannot renew it for so long acts no more.
const RENEWED: Duration = Duration::from_secs(10);
const MINE_FOR: Duration = Duration::from_secs(20);
/// Another one takes it when it has not been renewed for so long: with a change that lasts as long as it may, one acts again
/// within 30 seconds.
const LASTS: Duration = Duration::from_secs(25);
/// When the managers could not be asked, whoever held it has so long at least to renew it, once they can: a look, its answer
/// and some time.
const BACK: Duration = Duration::from_secs(8);
/// The first one is left to the manager that leads for so long.
const LEFT_TO_LEADER: Duration = Duration::from_secs(10);
/// Nobody is told who acts within more than this.
pub(super) const QUICK: Duration = Duration::from_secs(2);
/// A change goes through a majority of managers.
const CHANGE: Duration = Duration::from_secs(5);

/// The lease as it stands in the Swarm.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    object: Value,
}

/// This node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) id: String,
    pub(super) host: String,
}

/// What one golive knows of the lease.
#[derive(Debug, Default)]
pub(super) struct Tenure {
    /// The version of another's lease, and since when it has been that.
    theirs: Option<(u64, Timestamp)>,
    /// Since then the managers were not to be asked, for a while.
    interrupted: bool,
    /// When this one asked for the renewal that succeeded last.
    renewed: Option<Timestamp>,
    /// Since when there is none.
    absent: Option<Timestamp>,
    /// The host that it is being taken from, until it is known that it was.
    taking: Option<String>,
}

/// What is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// It is this one's, and has to be renewed.
    Renew,
    /// It is nobody's, or of one that is not heard of.
    Take,
}

impl Lease {
    pub(super) fn holder(&self) -> &str {
        self.label(HOLDER)
    }

    /// The host that it is on, as a person would name it.
    pub(super) fn host(&self) -> String {
        clean(self.label(HOST))
    }

    /// When its holder renewed it, by the clock there.
    pub(super) fn time(&self) -> Option<Timestamp> {
        self.label(TIME).parse().ok()
    }

    /// How far the managers' clock was ahead of its holder's when it was renewed, and how long that took.
    pub(super) fn behind_managers(&self) -> Option<SignedDuration> {
        let taken: Timestamp = text(&self.object, "/UpdatedAt").parse().ok()?;
        Some(taken.duration_since(self.time()?))
    }

    pub(super) fn version(&self) -> u64 {
        version(&self.object)
    }

    fn label(&self, name: &str) -> &str {
        self.object["Spec"]["Labels"][name].as_str().unwrap_or_default()
    }
}

/// The lease, where anybody has ever held one.
pub(super) async fn read(engine: &Engine) -> Result<Option<Lease>, EngineError> {
    let filters = json!({ "name": [NAME] });
    let found = engine.objects_within("ask who acts in the Swarm", Kind::Configs, &filters, QUICK).await?;
    let object = found.into_iter().find(|object| text(object, "/Spec/Name") == NAME);
    Ok(object.map(|object| Lease { object }))
}

/// Takes or renews it. Whether that succeeded, and nobody else was faster.
pub(super) async fn take(engine: &Engine, old: Option<&Lease>, by: &Node) -> Result<bool, EngineError> {
    let doing = "take the lease by which golive acts in the Swarm";
    let labels = json!({ HOLDER: by.id, HOST: by.host, TIME: Clock::wall().to_string() });
    let result = match old {
        Some(lease) => {
            let of = (text(&lease.object, "/ID"), lease.version());
            let spec = json!({ "Name": NAME, "Labels": labels, "Data": lease.object["Spec"]["Data"] });
            engine.update_object(doing, Kind::Configs, of, &spec, CHANGE).await
        }
        None => {
            let body = json!({ "Name": NAME, "Labels": labels, "Data": STANDARD.encode(NOTE) });
            engine.create_object(doing, Kind::Configs, &body, CHANGE).await
        }
    };
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.is_out_of_sequence() || error.class() == Class::Conflict => Ok(false),
        Err(error) => Err(error),
    }
}

impl Tenure {
    /// What is to be done about the lease as it was just read; that it was renewed was heard so long ago, where it was.
    pub(super) fn due(
        &mut self,
        (lease, heard): (Option<&Lease>, Option<Duration>),
        me: &str,
        leads: bool,
        now: Timestamp,
    ) -> Due {
        let interrupted = std::mem::take(&mut self.interrupted);
        let Some(lease) = lease else {
            self.theirs = None;
            let absent = *self.absent.get_or_insert(now);
            return if leads || since(absent, now) >= LEFT_TO_LEADER { Due::Take } else { Due::Nothing };
        };
        self.absent = None;
        self.taking = self.taking.take().filter(|_| lease.holder() == me);
        if lease.holder() == me {
            self.theirs = None;
            return if self.rests(now) { Due::Nothing } else { Due::Renew };
        }
        self.renewed = None;
        let at = match self.theirs {
            Some((version, at)) if version == lease.version() && interrupted => {
                at.max(before(now, LASTS.saturating_sub(BACK)))
            }
            Some((version, at)) if version == lease.version() => at,
            Some(_) | None => before(now, heard.unwrap_or_default()),
        };
        self.theirs = Some((lease.version(), at));
        if since(at, now) >= LASTS { Due::Take } else { Due::Nothing }
    }

    /// It is asked for now, in that one's stead. The answer may be lost.
    pub(super) fn takes(&mut self, from: &Lease) {
        self.taking = Some(from.host());
    }

    /// This one holds it since it asked for it then; whose it was, when it has just become its own.
    pub(super) fn renewed(&mut self, at: Timestamp) -> Option<String> {
        self.renewed = Some(at);
        self.theirs = None;
        self.taking.take()
    }

    /// Whether it is this one's turn: it was renewed lately enough that nobody else has taken it.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        self.renewed.is_some_and(|at| since(at, now) < MINE_FOR)
    }

    /// Whether it was renewed so lately that there is nothing to look at.
    pub(super) fn rests(&self, now: Timestamp) -> bool {
        self.renewed.is_some_and(|at| since(at, now) < RENEWED)
    }

    /// Nothing could be read for a while: nor could the other one renew it, perhaps.
    pub(super) fn interrupted(&mut self) {
        (self.interrupted, self.absent) = (true, None);
    }

    /// After how long something is due at the latest.
    pub(super) fn next(&self, now: Timestamp) -> Option<Duration> {
        let left = |at: Timestamp, after: Duration| after.saturating_sub(since(at, now));
        let renewal = self.renewed.map(|at| left(at, RENEWED));
        renewal
            .or(self.theirs.map(|(_, at)| left(at, LASTS)))
            .or(self.absent.map(|at| left(at, LEFT_TO_LEADER)))
    }
}

fn before(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_sub(by).unwrap_or(now)
}

fn since(at: Timestamp, now: Timestamp) -> Duration {
    now.duration_since(at).unsigned_abs()
}

#[cfg(test)]
impl Lease {
    /// One of `node-1`, renewed then.
    pub(super) fn of(holder: &str, version: u64, time: Timestamp) -> Self {
        let labels = json!({ HOLDER: holder, HOST: "node-1", TIME: time.to_string() });
        let spec = json!({ "Name": NAME, "Labels": labels });
        Self { object: json!({ "Version": { "Index": version }, "Spec": spec }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn lease(holder: &str, version: u64) -> Lease {
        Lease::of(holder, version, at(0))
    }

    #[test]
    fn the_first_one_is_the_leaders_and_anybodys_when_that_one_does_not_come() {
        assert_eq!(Tenure::default().due((None, None), "a", true, at(0)), Due::Take);
        let mut tenure = Tenure::default();
        assert_eq!(tenure.due((None, None), "b", false, at(0)), Due::Nothing);
        assert_eq!(tenure.next(at(0)), Some(Duration::from_secs(10)));
        assert_eq!(tenure.due((None, None), "b", false, at(10)), Due::Take);
    }

    #[test]
    fn it_is_renewed_every_ten_seconds_and_held_for_twenty() {
        let mut tenure = Tenure::default();
        assert_eq!(tenure.due((Some(&lease("a", 1)), None), "a", true, at(0)), Due::Renew, "after a restart");
        assert!(!tenure.holds(at(0)));
        assert_eq!(tenure.renewed(at(0)), None);
        assert_eq!(tenure.due((Some(&lease("a", 2)), None), "a", true, at(9)), Due::Nothing);
        assert_eq!(tenure.due((Some(&lease("a", 2)), None), "a", true, at(10)), Due::Renew);
        assert!(tenure.holds(at(19)) && !tenure.holds(at(20)));
        assert!(tenure.rests(at(9)) && !tenure.rests(at(10)));
        assert_eq!(tenure.due((Some(&lease("b", 3)), None), "a", true, at(19)), Due::Nothing);
        assert!(!tenure.holds(at(19)), "another one has taken it");
    }

    #[test]
    fn it_is_taken_when_it_has_not_changed_for_so_long_by_ones_own_clock() {
        let mut tenure = Tenure::default();
        assert_eq!(tenure.due((Some(&lease("a", 1)), None), "b", false, at(0)), Due::Nothing);
        assert_eq!(tenure.due((Some(&lease("a", 2)), None), "b", false, at(20)), Due::Nothing);
        assert_eq!(tenure.due((Some(&lease("a", 2)), None), "b", false, at(44)), Due::Nothing);
        assert_eq!(tenure.next(at(44)), Some(Duration::from_secs(1)));
        assert_eq!(tenure.due((Some(&lease("a", 2)), None), "b", true, at(45)), Due::Take);
        // Whose it was is known when it is known that it was taken, if that answer was lost, too; once.
        let taken = |lost: bool| {
            let mut tenure = Tenure::default();
            tenure.takes(&lease("a", 2));
            if lost {
                assert_eq!(tenure.due((Some(&lease("b", 3)), None), "b", true, at(60)), Due::Renew);
            }
            [tenure.renewed(at(60)), tenure.renewed(at(70))]
        };
        assert_eq!(taken(false), [Some("node-1".to_owned()), None]);
        assert_eq!(taken(true), [Some("node-1".to_owned()), None]);
        let mut late = Tenure::default();
        late.takes(&lease("a", 2));
        assert_eq!(
            late.due((Some(&lease("c", 3)), None), "b", true, at(60)),
            Due::Nothing,
            "somebody was faster"
        );
        assert_eq!(late.renewed(at(99)), None);
    }

    #[test]
    fn the_time_counts_from_when_the_renewal_was_heard_of() {
        let mut tenure = Tenure::default();
        let heard = Some(Duration::from_secs(4));
        assert_eq!(tenure.due((Some(&lease("a", 1)), heard), "b", false, at(10)), Due::Nothing);
        assert_eq!(tenure.next(at(10)), Some(Duration::from_secs(21)));
        // Of what was heard later, this lease is not.
        assert_eq!(tenure.due((Some(&lease("a", 1)), Some(Duration::ZERO)), "b", false, at(31)), Due::Take);
    }

    #[test]
    fn whoever_could_not_renew_it_has_eight_seconds_when_the_managers_answer_again() {
        let take = |again: i64, taken: i64| {
            let mut tenure = Tenure::default();
            let due = |tenure: &mut Tenure, now| tenure.due((Some(&lease("a", 1)), None), "b", true, at(now));
            assert_eq!(due(&mut tenure, 0), Due::Nothing);
            tenure.interrupted();
            assert_eq!(due(&mut tenure, again), Due::Nothing);
            assert_eq!(due(&mut tenure, taken - 1), Due::Nothing, "{again}");
            assert_eq!(due(&mut tenure, taken), Due::Take, "{again}");
        };
        take(12, 25);
        take(20, 28);
        take(90, 98);
    }
}
