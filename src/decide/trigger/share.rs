//! Counts of bad requests among all, from before a release to the end of its watch.

use std::time::Duration;

use jiff::Timestamp;

use super::course::Course;
use super::proof::{Proof, Ticks, ratio};
use crate::model::facts::Before;
use crate::model::reading::Counts;
use crate::stats::bound;

/// The literal rule is a breach only with these odds behind it (judgement §2.0, `certain`).
const CERTAIN: f64 = 20.0;

/// One kind of bad requests.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Share {
    watch: Option<Watched>,
}

#[derive(Debug, Clone, PartialEq)]
struct Watched {
    before: Option<Before>,
    since: Counts,
    course: Course,
    /// What is tolerated of it, by what was before.
    tolerated: f64,
    strict: Gathering,
    relative: Option<Gathering>,
    /// It was beyond the limit before: whether it is worse than it was then.
    worse: Option<Gathering>,
}

/// A proof and the tick that is being filled.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::decide) struct Gathering {
    pub(in crate::decide) proof: Proof,
    ticks: Ticks,
    tick: Counts,
}

/// What a watch holds a share against.
pub(super) struct TestParameters {
    pub(super) limit: f64,
    /// The most that is tolerated without a doubt, relative to before; the limit at most.
    pub(super) relative: bool,
    /// The least that is worth a thought.
    pub(super) floor: f64,
    pub(super) ticks: Ticks,
}

impl Share {
    pub(super) fn arm(&mut self, against: &TestParameters, before: Option<Before>, bad_before: bool) {
        let dispersion = before.as_ref().map_or(1.0, |before| before.dispersion);
        let gather = |p0: f64| Gathering::new(p0, dispersion, &against.ticks);
        let tolerated = before.as_ref().map(|before| before.tolerated(against.floor));
        let relative = tolerated.filter(|p0| against.relative && *p0 < against.limit).map(gather);
        let worse = tolerated.filter(|_| bad_before).map(gather);
        let strict = gather(against.limit);
        let most = if bad_before { f64::INFINITY } else { against.limit };
        let tolerated = tolerated.unwrap_or(against.limit).min(most);
        let (since, course) = (Counts::default(), Course::default());
        self.watch = Some(Watched { before, since, course, tolerated, strict, relative, worse });
    }

    pub(super) fn rest(&mut self) {
        self.watch = None;
    }

    pub(super) fn count(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        if let Some(watch) = &mut self.watch {
            watch.since += counts;
            watch.course.push(from, to, counts);
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

    /// When the present run of bad requests began, how many of those since then are bad, and whether it was so as long
    /// as they are counted.
    pub(super) fn trouble(&self) -> Option<(Timestamp, f64, bool)> {
        let watch = self.watch.as_ref()?;
        let onset = watch.course.onset(watch.tolerated)?;
        Some((onset, watch.course.rate_since(onset), watch.course.is_from_the_first(onset)))
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

    /// Of another service, in a watch of so long.
    pub(in crate::decide) fn of(p0: f64, dispersion: f64, window: Duration, interval: Duration) -> Self {
        Self::new(p0, dispersion, &Ticks::new(window, interval))
    }

    pub(in crate::decide) fn count(&mut self, from: Timestamp, to: Timestamp, counts: Counts) {
        self.tick += counts;
        if self.ticks.full(from, to) {
            self.proof.push(std::mem::take(&mut self.tick));
        }
    }
}
