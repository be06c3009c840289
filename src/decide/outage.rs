//! Outages of the engine: while it does not answer, nothing of what it runs is judged.
//!
//! The engine takes published ports, networks and, as a rule, the containers themselves along with it, so a check that
//! fails meanwhile says nothing of a release. An outage is a deployment: it lasts until the engine answers and what ran
//! runs again, whose grace begins then. What the engine has ended on its way out and does not start again has not
//! failed, and nobody has asked for it either.

use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::context::Context;
use super::{State, deployment, launch, release, rollback};
use crate::model::facts::{Phase, Stop};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;

/// It may be away so long (a restart of its daemon) before people hear of it: in a watch, and otherwise.
const AWAY_IN_WATCH: Duration = Duration::from_secs(10);
const AWAY: Duration = Duration::from_mins(1);

/// An engine that is told to end stops its containers first: what was asked to stop so shortly before was its doing.
const ON_ITS_WAY_OUT: Duration = Duration::from_secs(20);

/// The engine, or the Swarm as a whole, does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) since: Timestamp,
    pub(super) why: String,
    pub(super) told: Option<Tier>,
}

impl State {
    /// The engine has stopped answering, or still does not.
    pub(super) fn engine_lost(&mut self, now: Timestamp, why: &str, actions: &mut Vec<Action>) {
        self.engine = Some(Lost::still(self.engine.take(), now, why));
        self.each(now, actions, begin);
    }

    /// It answers again, and what it runs was looked at.
    pub(super) fn engine_back(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.engine.take().is_some_and(|engine| engine.told.is_some()) {
            self.own.resolve(now, News::DockerRecovered, &self.policy.tiers, actions);
        }
        self.each(now, actions, end);
        self.each(now, actions, rollback::engine_back);
    }

    /// The managers of the Swarm agree on nothing, or still do not. What runs goes on; nobody acts on it.
    pub(super) fn swarm_lost(&mut self, now: Timestamp, why: &str) {
        self.swarm = Some(Lost::still(self.swarm.take(), now, why));
    }

    /// They do again.
    pub(super) fn swarm_back(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.swarm.take().is_some_and(|swarm| swarm.told.is_some()) {
            self.own.resolve(now, News::SwarmBack, &self.policy.tiers, actions);
        }
    }

    pub(super) fn outage_deadline(&self) -> Option<Timestamp> {
        // Whether anything is under way is looked through all services for, so only while something is lost.
        if self.engine.is_none() && self.swarm.is_none() {
            return None;
        }
        let busy = self.busy();
        [&self.engine, &self.swarm].into_iter().flatten().filter_map(|lost| lost.deadline(busy)).min()
    }

    pub(super) fn outages_due(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.outage_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        let busy = self.busy();
        let tier = if busy { Tier::Urgent } else { Tier::Important };
        let lost = [(&mut self.engine, News::DockerUnreachable), (&mut self.swarm, News::SwarmLost)];
        for (lost, news) in lost {
            if let Some(lost) = lost.as_mut().filter(|lost| lost.deadline(busy).is_some_and(|at| at <= now)) {
                lost.told = Some(tier);
                let reason = Reason::Said(lost.why.clone());
                self.own.open(now, news, tier, reason, &self.policy.tiers, actions);
            }
        }
    }
}

impl Lost {
    fn still(before: Option<Self>, now: Timestamp, why: &str) -> Self {
        let (since, told) = before.map_or((now, None), |before| (before.since, before.told));
        Self { since, why: why.to_owned(), told }
    }

    /// When people have to hear of it, or hear of it as urgent.
    fn deadline(&self, busy: bool) -> Option<Timestamp> {
        let patience = match self.told {
            Some(Tier::Urgent) => return None,
            _ if busy => AWAY_IN_WATCH,
            Some(Tier::Important | Tier::General) => return None,
            None => AWAY,
        };
        self.since.checked_add(patience).ok()
    }
}

/// The engine is away: nothing counts, and what ran is waited for.
fn begin(ctx: &mut Context<'_>) {
    if !ctx.policy.runs_in_engine() || ctx.facts().away {
        return;
    }
    ctx.facts_mut().away = true;
    // A rollback waits for the engine by itself.
    if ctx.rollback_in_progress() {
        return;
    }
    let (now, ran) = (ctx.now, ctx.service.seen.clone());
    let deployment = deployment::at_hand(ctx);
    for stop in deployment.stops.values_mut().filter(|stop| lately(stop, now)) {
        (stop.with_engine, stop.ended) = (true, None);
        stop.signal.clear();
    }
    let ran = ran.iter().flat_map(|running| &running.members).filter(|member| member.stage.is_up());
    for member in ran {
        deployment.stops.entry(member.id.clone()).or_insert_with(|| Stop {
            name: member.name.clone(),
            service: member.service.clone(),
            at: now,
            started: member.started,
            signal: String::new(),
            ended: None,
            with_engine: true,
        });
    }
    deployment::wait_for_engine(ctx);
}

/// Whether that was stopped by the engine itself.
fn lately(stop: &Stop, now: Timestamp) -> bool {
    stop.at.checked_add(ON_ITS_WAY_OUT).is_ok_and(|until| now < until)
}

/// It answers again: what runs has its grace, and what does not run is waited for.
fn end(ctx: &mut Context<'_>) {
    if !ctx.facts().away {
        return;
    }
    ctx.facts_mut().away = false;
    let now = ctx.now;
    ctx.service.blind_from = now;
    if let Phase::Verifying(verification) = &ctx.facts().phase
        && !verification.settled()
    {
        return rollback::resume(ctx);
    }
    // A rollback waits for the engine by itself.
    if ctx.rollback_in_progress() {
        return;
    }
    let seen = ctx.service.seen.clone();
    let next = deployment::engine_is_back(ctx, seen.as_ref());
    release::follow(ctx, next);
    release::look(ctx, seen.as_ref());
    // Whatever was started again has its grace from its start on.
    let started = ctx.service.launch.is_some_and(|launch| launch.at >= ctx.service.health.since());
    if ctx.facts().deployment.is_none() && !started {
        launch::given_grace(ctx, seen.as_ref());
    }
}
