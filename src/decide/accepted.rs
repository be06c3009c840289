//! A release is good: it becomes the one to go back to.

use super::action::{Action, Effect};
use super::context::Context;
use super::{drift, quarantine, roster, whole};
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::running::Running;

impl Context<'_> {
    /// The release is good, and becomes the one to go back to. A person who accepts it takes it as it is; else what ran in
    /// the version before and does not now is still expected to.
    pub(super) fn accept(&mut self, release: Release, reason: Option<&Reason>) {
        let release = self.enrolled(release, matches!(reason, Some(Reason::Accepted { .. })));
        let keep = self.policy.keep.max(1);
        let facts = self.facts_mut();
        if let Some(running) = &release.running {
            quarantine::lift(facts, &running.identity);
        }
        let same = |old: &Release| match (&old.running, &release.running) {
            (Some(old), Some(new)) => old.identity == new.identity,
            _ => false,
        };
        let mut forgotten: Vec<String> = Vec::new();
        facts.accepted.retain(|old| {
            let same = same(old);
            if same && old.id != release.id {
                forgotten.push(old.id.clone());
            }
            !same
        });
        let id = release.id.clone();
        let running = release.running.clone();
        facts.accepted.push(release);
        while facts.accepted.len() > keep {
            forgotten.push(facts.accepted.remove(0).id);
        }
        let service = self.service.name.clone();
        for release in forgotten {
            self.act(Action::Effect(Effect::Forget { service: service.clone(), release }));
        }
        self.service.problems = None;
        if let Some(Running { instance, identity, .. }) = running {
            self.act(Action::Effect(Effect::Keep { service, release: id, instance, identity }));
        }
        drift::end(self);
        if let Some(seen) = self.service.seen.clone() {
            whole::remember(self, &seen);
        }
    }

    /// With what each of its services does now, or did in the version before.
    fn enrolled(&self, release: Release, as_it_is: bool) -> Release {
        let now = self.service.seen.as_ref().or(release.running.as_ref());
        let Some(running) = now.cloned() else { return release };
        let before = self.facts().accepted.last().filter(|_| !as_it_is).map(|accepted| &accepted.roster);
        let roster = match before {
            Some(before) => roster::succeeding(before, &running, self.now),
            None => roster::of(&running, self.now),
        };
        Release { roster, ..release }
    }
}
