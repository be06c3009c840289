//! Whether the accepted release could be gone back to: when that is looked at, and what is told of it.

use std::time::Duration;

use super::action::{Action, Effect};
use super::context::Context;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::reason::{Reason, SetReason};
use crate::model::running::Running;

/// Readiness to go back is proved this often while nothing happens, and this often in a watch or when it is not given.
const PROVE_IDLE: Duration = Duration::from_hours(1);
const PROVE_SOON: Duration = Duration::from_mins(1);

impl Context<'_> {
    /// A record was stored and its image pinned, or not.
    pub(super) fn kept(&mut self, release: &str, problems: &[String]) {
        self.proved(release, problems);
    }

    /// The accepted release was checked for readiness.
    pub(super) fn proved(&mut self, release: &str, problems: &[String]) {
        if self.facts().accepted.last().is_none_or(|accepted| accepted.id != release) {
            return;
        }
        self.service.problems = Some(problems.to_vec());
        let busy = match self.facts().phase {
            Phase::Watching(_) | Phase::RollingBack(_) | Phase::Verifying(_) => true,
            Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => false,
        };
        let pause = if busy || !problems.is_empty() { PROVE_SOON } else { PROVE_IDLE };
        self.service.prove_at = self.now.checked_add(pause).ok();
        match problems.first() {
            Some(_) => {
                let reason = Reason::Said(problems.join("; "));
                self.open(News::RollbackNotReady, Tier::Important, Some(reason), Vec::new());
            }
            None => self.resolve(News::RollbackReady),
        }
    }

    /// Nothing of the service is there: what a rollback needs may have gone with it, as a project's networks do.
    pub(super) fn unknown(&mut self) {
        if self.service.problems.as_ref().is_some_and(Vec::is_empty) {
            self.service.problems = None;
            self.service.prove_at = self.now.checked_add(PROVE_IDLE).ok();
        }
    }

    /// It is there again: readiness is looked at now where it is not given, or is not known any more.
    pub(super) fn prove_now(&mut self) {
        let soon = self.now.checked_add(PROVE_SOON).unwrap_or(self.now);
        let unready = self.service.problems.as_ref().is_some_and(|problems| !problems.is_empty());
        if unready || self.service.prove_at.is_some_and(|at| at > soon) {
            self.service.prove_at = Some(self.now);
        }
    }

    /// A set has nothing that could be taken back: every container of its project is left alone. Told when it stays so for
    /// the grace, for whoever deploys may begin with those. What has been accepted before is down, and its own matter.
    pub(super) fn empty(&mut self, left: &[String]) {
        if !self.facts().accepted.is_empty() || self.service.empty.is_some() {
            return;
        }
        self.service.empty = Some(left.to_vec());
        self.service.prove_at = self.now.checked_add(self.policy.grace).ok();
    }

    /// It has something.
    pub(super) fn filled(&mut self) {
        if self.service.empty.take().is_some() {
            self.service.problems = None;
            self.resolve(News::RollbackReady);
        }
    }

    /// It has still nothing.
    fn tell_empty(&mut self) {
        let Some(left) = self.service.empty.clone() else { return };
        let empty = SetReason::Empty { left };
        self.service.problems = Some(vec![empty.plain()]);
        self.open(News::RollbackNotReady, Tier::Important, Some(Reason::Set(empty)), Vec::new());
    }

    /// The pin of a release was taken away: it is put back, or what is lost with it is said.
    pub(super) fn unpinned(&mut self, release: &str) {
        let lost = self.facts().accepted.iter().rev().map(|accepted| accepted.id.clone());
        let lost: Vec<String> = lost.filter(|id| release.is_empty() || id == release).collect();
        for release in lost {
            let service = self.service.name.clone();
            self.act(Action::Effect(Effect::Prove { service, release }));
        }
    }

    /// Older releases are looked at while nothing is urgent: they are not what a rollback goes to first.
    fn prove_older(&mut self) {
        if self.service.prove_older_at.is_some_and(|at| at > self.now) {
            return;
        }
        self.service.prove_older_at = self.now.checked_add(PROVE_IDLE).ok();
        let older = self.facts().accepted.iter().rev().skip(1).map(|release| release.id.clone());
        for release in older.collect::<Vec<_>>() {
            let service = self.service.name.clone();
            self.act(Action::Effect(Effect::Prove { service, release }));
        }
    }

    /// Readiness is looked at: a record that was never stored is stored now, while its container still runs.
    pub(super) fn prove(&mut self) {
        self.service.prove_at = self.now.checked_add(PROVE_SOON).ok();
        let Some(accepted) = self.facts().accepted.last() else {
            self.service.prove_at = None;
            return self.tell_empty();
        };
        let (service, release) = (self.service.name.clone(), accepted.id.clone());
        let running = accepted.running.as_ref().filter(|running| {
            let seen = self.service.seen.as_ref();
            seen.is_some_and(|seen| {
                seen.alive && seen.instance == running.instance && seen.identity == running.identity
            })
        });
        let action = match running.cloned() {
            Some(Running { instance, identity, .. }) => {
                Action::Effect(Effect::Keep { service, release, instance, identity })
            }
            None => Action::Effect(Effect::Prove { service, release }),
        };
        self.act(action);
        self.prove_older();
    }
}
