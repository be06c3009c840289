//! What has changed, a line each: where nothing can be drawn in place.

use std::time::Duration;

use jiff::Timestamp;

use super::block::measured;
use super::picture::{headline, needs_a_person, troubles};
use crate::control::wire::{RollbackInfo, ServiceInfo, Status, StepInfo, TriggerInfo};
use crate::text::Texts;
use crate::untrusted::harmless;

/// What is told of one status after another.
pub(super) struct Lines<'a> {
    pub(super) texts: &'a Texts,
    pub(super) now: Timestamp,
}

impl Lines<'_> {
    /// What is new; of the first status, how everything stands.
    pub(super) fn changes(&self, old: Option<&Status>, new: &Status) -> Vec<String> {
        let mut lines = Vec::new();
        let known = old.map(|old| troubles(&old.daemon, self.texts)).unwrap_or_default();
        let of_golive = troubles(&new.daemon, self.texts).into_iter();
        lines.extend(of_golive.filter(|trouble| !known.contains(trouble)));
        for service in &new.services {
            let before = old.and_then(|old| old.services.iter().find(|old| old.name == service.name));
            lines.extend(self.phase(before, service));
            lines.extend(self.steps(before.and_then(|old| old.rollback.as_ref()), service));
            for trigger in &service.triggers {
                let same = |old: &&TriggerInfo| old.name == trigger.name;
                let before = before.and_then(|old| old.triggers.iter().find(same));
                // What passes from the beginning is no news.
                if before.map_or("pass", |old| &old.verdict) != trigger.verdict {
                    lines.push(self.verdict(&service.name, trigger));
                }
            }
        }
        let told = |id: &str| {
            let same = old.and_then(|old| old.incidents.iter().find(|old| old.id == id));
            same.is_some_and(needs_a_person)
        };
        let incidents = new.incidents.iter().filter(|it| needs_a_person(it) && !told(&it.id));
        lines.extend(incidents.map(|it| {
            let incident = headline(it, self.texts);
            self.texts.live("ack", &[("incident", &incident), ("id", &it.id)])
        }));
        lines.into_iter().map(|line| self.line(&line)).collect()
    }

    /// With the time before it.
    pub(super) fn line(&self, text: &str) -> String {
        format!("{} {}", self.now.strftime("%Y-%m-%dT%H:%M:%SZ"), harmless(text))
    }

    fn phase(&self, old: Option<&ServiceInfo>, new: &ServiceInfo) -> Option<String> {
        let version = |service: &ServiceInfo| {
            let running = service.running.as_ref().map(|running| running.version.clone());
            service.release.as_ref().map(|release| release.version.clone()).or(running)
        };
        if old.is_some_and(|old| old.phase == new.phase && version(old) == version(new)) {
            return None;
        }
        let ends = new.release.as_ref().and_then(|release| release.ends_at);
        let left = ends.map(|ends| {
            let left = self.texts.lasting(ends.duration_since(self.now));
            self.texts.page(if new.phase == "verifying" { "at-most" } else { "left" }, &left)
        });
        let about = [
            ("service", new.name.clone()),
            ("phase", self.texts.page(&new.phase, "")),
            ("version", version(new).unwrap_or_default()),
            ("left", left.unwrap_or_default()),
            ("why", new.why.clone().unwrap_or_default()),
        ];
        Some(self.texts.live("phase", &about.each_ref().map(|(name, text)| (*name, text.as_str()))))
    }

    fn verdict(&self, service: &str, trigger: &TriggerInfo) -> String {
        let (value, limit) = measured(trigger, self.texts);
        let verdict = self.texts.page(&trigger.verdict, "");
        let about = [
            ("service", service),
            ("trigger", &trigger.name),
            ("verdict", &verdict),
            ("value", &value),
            ("limit", &limit),
            ("why", &trigger.why),
        ];
        self.texts.live("verdict", &about)
    }

    /// Those that were not told before: that it begins, or how long it took.
    fn steps(&self, old: Option<&RollbackInfo>, service: &ServiceInfo) -> Vec<String> {
        let steps = service.rollback.as_ref().map(|rollback| rollback.steps.as_slice()).unwrap_or_default();
        let known = |step: &&StepInfo| {
            let same = |old: &StepInfo| {
                old.name == step.name && old.duration_seconds.is_some() == step.duration_seconds.is_some()
            };
            old.is_some_and(|old| old.steps.iter().any(same))
        };
        let tell = |step: &StepInfo| {
            let took = step.duration_seconds.and_then(|took| Duration::try_from_secs_f64(took).ok());
            let name = match (took, step.failed) {
                (None, _) => "step-begins",
                (Some(_), false) => "step-done",
                (Some(_), true) => "step-failed",
            };
            let took = took.map(|took| self.texts.duration(took)).unwrap_or_default();
            self.texts.live(name, &[("service", &service.name), ("step", &step.name), ("took", &took)])
        };
        steps.iter().filter(|step| !known(step)).map(tell).collect()
    }
}
