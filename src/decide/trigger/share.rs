//! Counts of bad requests among all, from before a release to the end of its watch.

use jiff::Timestamp;

use super::proof::{Proof, Ticks, ratio};
use crate::decide::facts::Before;
use crate::decide::reading::Counts;
use crate::stats::bound;

/// The literal rule is a breach only with these odds behind it (judgement §2.0, `certain`).
const CERTAIN: f64 = 20.0;

/// Another service has the same trouble at these odds already (judgement §2.8 B).
const CONTROL: f64 = 20.0;

/// One kind of bad requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Share {
    watch: Option<Watched>,
    /// Whether it goes bad while another service's release is watched.
    control: Option<Gathering>,
}

#[derive(Debug, Clone, PartialEq)]
struct Watched {
    before: Option<Before>,
    since: Counts,
    strict: Gathering,
    relative: Option<Gathering>,
    /// It was beyond the limit before: whether it is worse than it was then.
    worse: Option<Gathering>,
}

/// A proof and the tick that is being filled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gathering {
    pub(super) proof: Proof,
    ticks: Ticks,
    tick: Counts,
}

/// What a watch holds a share against.
pub(super) struct Against {
    pub(super) limit: f64,
    /// The most that is tolerated without a doubt, relative to before; the limit at most.
    pub(super) relative: bool,
    /// The least that is worth a thought.
    pub(super) floor: f64,
    pub(super) ticks: Ticks,
}

impl Share {
    pub(super) fn arm(&mut self, against: &Against, before: Option<Before>, bad_before: bool) {
        let dispersion = before.as_ref().map_or(1.0, |before| before.dispersion);
        let gather = |p0: f64| Gathering::new(p0, dispersion, &against.ticks);
        let tolerated = before.as_ref().map(|before| before.tolerated(against.floor));
        let relative = tolerated.filter(|p0| against.relative && *p0 < against.limit).map(gather);
        let worse = tolerated.filter(|_| bad_before).map(gather);
        let strict = gather(against.limit);
        self.watch = Some(Watched { before, since: Counts::default(), strict, relative, worse });
    }

    pub(super) fn rest(&mut self) {
        self.watch = None;
    }

    /// Another service is released: does this one, which is not, go bad too?
    pub(super) fn arm_control(&mut self, against: &Against, before: Option<&Before>) {
        let before = before.filter(|_| self.watch.is_none());
        self.control = before.map(|before| {
            let p0 = before.tolerated(against.floor).min(against.limit);
            Gathering::new(p0, before.dispersion, &against.ticks)
        });
    }

    pub(super) fn count(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        if let Some(control) = &mut self.control {
            control.count(from, to, counts);
        }
        if let Some(watch) = &mut self.watch {
            watch.since += counts;
            watch.strict.count(from, to, counts);
            for gathering in [&mut watch.relative, &mut watch.worse].into_iter().flatten() {
                gathering.count(from, to, counts);
            }
        }
    }

    pub(super) fn watched(&self) -> bool {
        self.watch.is_some()
    }

    pub(super) fn since(&self) -> Counts {
        self.watch.as_ref().map(|watch| watch.since).unwrap_or_default()
    }

    /// What it was before the release.
    pub(super) fn was(&self) -> Option<&Before> {
        self.watch.as_ref()?.before.as_ref()
    }

    pub(super) fn certain(&self) -> bool {
        self.watch.as_ref().is_some_and(|watch| watch.strict.proof.holds(CERTAIN))
    }

    pub(super) fn strict(&self) -> Option<&Proof> {
        self.watch.as_ref().map(|watch| &watch.strict.proof).filter(|proof| proof.fires())
    }

    pub(super) fn relative(&self) -> Option<&Proof> {
        let relative = self.watch.as_ref()?.relative.as_ref();
        relative.map(|relative| &relative.proof).filter(|proof| proof.fires())
    }

    /// It was beyond the limit before, and is worse than that.
    pub(super) fn worse(&self) -> Option<&Proof> {
        let worse = self.watch.as_ref()?.worse.as_ref();
        worse.map(|worse| &worse.proof).filter(|proof| proof.fires())
    }

    /// Whether it has gone bad since another service was released.
    pub(super) fn moved(&self) -> bool {
        self.control.as_ref().is_some_and(|control| control.proof.holds(CONTROL))
    }

    /// With 95 % confidence no more of the requests since the release are bad.
    pub(super) fn at_most(counts: Counts) -> f64 {
        bound::clopper_pearson_upper(counts.bad as f64, counts.total as f64, 0.05)
    }

    /// What was so lately before the release, as a ratio.
    pub(super) fn lately(&self) -> Option<f64> {
        self.was().filter(|was| was.counts.total > 0).map(|was| ratio(was.counts))
    }
}

impl Gathering {
    pub(super) fn new(p0: f64, dispersion: f64, ticks: &Ticks) -> Self {
        let proof = Proof::new(p0, dispersion, ticks.count);
        Self { proof, ticks: ticks.clone(), tick: Counts::default() }
    }

    pub(super) fn count(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        self.tick += counts;
        if self.ticks.full(from, to) {
            self.proof.push(std::mem::take(&mut self.tick));
        }
    }
}
