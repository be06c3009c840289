//! golive stood still: it was stopped, or the host slept. What it did not see is a gap, as after a restart: neither
//! failures, nor passes, nor time that has passed for anybody.

use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::context::Context;
use super::trigger::span;
use super::{State, rollback, watch};
use crate::model::facts::Phase;

impl State {
    /// golive goes on, after it has stood still since then.
    pub(super) fn stood_still(&mut self, now: Timestamp, since: Timestamp, actions: &mut Vec<Action>) {
        let gap = span(since, now);
        if let Some(engine) = &mut self.engine {
            later(&mut engine.since, gap);
        }
        let names: Vec<String> = self.services.keys().cloned().collect();
        for name in names {
            if let Some(mut ctx) = self.context(&name, now, actions).filter(Context::acts) {
                stood_still(&mut ctx, gap);
            }
        }
    }
}

fn stood_still(ctx: &mut Context<'_>, gap: Duration) {
    ctx.service.blind_from = ctx.now;
    wait(ctx, gap);
    if let Phase::Verifying(verification) = &ctx.facts().phase
        && !verification.settled()
    {
        return rollback::resume(ctx);
    }
    watch::missed(ctx, gap);
    ctx.service.health.resume(ctx.now);
}

/// Whoever was waited for could not be heard.
fn wait(ctx: &mut Context<'_>, gap: Duration) {
    let held = matches!(ctx.facts().phase, Phase::Held { .. });
    if ctx.facts().veto.is_none() && ctx.facts().deployment.is_none() && !held {
        return;
    }
    let facts = ctx.facts_mut();
    if let Some(veto) = &mut facts.veto {
        later(&mut veto.ends, gap);
    }
    if let Some(deployment) = &mut facts.deployment {
        later(&mut deployment.began, gap);
        for stop in deployment.stops.values_mut() {
            later(&mut stop.at, gap);
            if let Some(ended) = &mut stop.ended {
                later(ended, gap);
            }
        }
    }
    if let Phase::Held { answer_by, watched_until, .. } = &mut facts.phase {
        later(watched_until, gap);
        if let Some(by) = answer_by {
            later(by, gap);
        }
    }
}

fn later(at: &mut Timestamp, gap: Duration) {
    *at = at.checked_add(gap).unwrap_or(Timestamp::MAX);
}
