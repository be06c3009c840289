//! Sets of containers: what each service did while all was well is what it has to do in the next release.

use jiff::{SignedDuration, Timestamp};

use super::fixture::{World, happening, later, member, running, sample, secs, service_policy};
use super::told;
use crate::decide::action::{Action, Persist};
use crate::model::event::{Ask, Event, ServiceEvent};
use crate::model::facts::Phase;
use crate::model::notice::News;
use crate::model::policy::{Autonomy, ServicePolicy};
use crate::model::running::{Identity, Left, Member, Running, Stage};
use crate::model::sample::Outcome;

mod beside;
mod lacking;
mod naming;
mod scaling;

/// When every container of these sets was started.
pub(in crate::decide) const NOON: &str = "2026-03-01T12:00:00Z";

/// `worker 2 exit 3, app 2`: service, version and what has become of it; more of a service are its replicas.
pub(in crate::decide) fn set(all: &str) -> Running {
    let mut members: Vec<Member> = Vec::new();
    for words in all.split(", ").filter(|words| !words.is_empty()) {
        let words: Vec<&str> = words.split(' ').collect();
        let number = members.iter().filter(|member| member.service == words[0]).count() + 1;
        members.push(one(&words, number));
    }
    members.sort_by(|a, b| (&a.service, &a.name).cmp(&(&b.service, &b.name)));
    let ids: Vec<&str> = members.iter().map(|member| member.id.as_str()).collect();
    let what: std::collections::BTreeSet<String> =
        members.iter().map(|member| format!("{} {}", member.service, member.version)).collect();
    let versions: std::collections::BTreeSet<&str> = members.iter().map(|member| &*member.version).collect();
    let whole = what.into_iter().collect::<Vec<_>>().join(", ");
    let version = if versions.len() == 1 { members[0].version.clone() } else { whole.clone() };
    Running {
        identity: Identity { image: "sha256:some".to_owned(), spec: whole },
        about: Some(all.to_owned()),
        alive: members.iter().all(|member| !matches!(member.stage, Stage::Ended { .. })),
        members: members.clone(),
        ..running(&version, &ids.join(","))
    }
}

fn one(words: &[&str], number: usize) -> Member {
    let noon: Timestamp = NOON.parse().unwrap();
    let stage = match words[2..] {
        [] => Stage::Running,
        ["done"] => Stage::Done,
        ["restarting"] => Stage::Restarting,
        ["exit", code] => Stage::Ended { exit: code.parse().ok() },
        _ => panic!("not understood: {words:?}"),
    };
    let ended = matches!(stage, Stage::Done | Stage::Ended { .. });
    Member {
        id: format!("{}{number}-{}", words[0], words[1]),
        name: format!("shop-{}-{number}", words[0]),
        service: words[0].to_owned(),
        identity: Identity { image: words[1].to_owned(), spec: words[0].to_owned() },
        version: words[1].to_owned(),
        stage,
        started: Some(noon),
        ended: ended.then(|| noon + SignedDuration::from_secs(2)),
        may_end: true,
        ..member("")
    }
}

/// A set that was accepted, and what is told of it.
struct Shop {
    world: World,
    told: Vec<String>,
    /// The last reason that a release was filed with, in words.
    filed: String,
}

impl Shop {
    fn accepted(all: &str) -> Self {
        Self::with(all, |_| {})
    }

    /// Nothing of it was seen yet.
    fn unseen() -> Self {
        Self::new(|_| {})
    }

    fn new(change: impl FnOnce(&mut ServicePolicy)) -> Self {
        let mut policy = ServicePolicy { window: secs(60), ..service_policy() };
        change(&mut policy);
        Self { world: World::new(policy), told: Vec::new(), filed: String::new() }
    }

    fn with(all: &str, change: impl FnOnce(&mut ServicePolicy)) -> Self {
        let mut shop = Self::new(change);
        shop.sees(set(all));
        shop.passes(30);
        assert_eq!(shop.world.facts().accepted.len(), 1);
        shop
    }

    fn sees(&mut self, running: Running) {
        self.happens(&happening(ServiceEvent::Seen(Some(running))));
    }

    fn sees_nothing_but(&mut self, left: &[&str]) {
        self.happens(&happening(ServiceEvent::Seen(None)));
        let left = left.iter().map(|service| (*service).to_owned()).collect();
        self.happens(&happening(ServiceEvent::Empty { left }));
    }

    /// So many seconds, in which every check passes.
    fn passes(&mut self, seconds: u64) {
        for _ in 0..seconds.div_ceil(5) {
            self.world.now = later(self.world.now, secs(5));
            while self.world.state.next_deadline().is_some_and(|at| at <= self.world.now) {
                self.happens(&Event::Due);
            }
            let passed = sample("web", self.world.now, Outcome::Ok);
            self.happens(&happening(ServiceEvent::Sampled(passed)));
        }
    }

    fn asks(&mut self, ask: Ask) -> String {
        let actions = self.happens(&happening(ServiceEvent::Asked { by: "ann".to_owned(), ask }));
        actions
            .iter()
            .filter_map(told::line)
            .find(|line| line == "done" || line.starts_with("refused"))
            .unwrap()
    }

    fn happens(&mut self, event: &Event) -> Vec<Action> {
        let actions = self.world.step(event);
        for action in &actions {
            match action {
                Action::Tell { notice, .. } => {
                    let reason = notice.reason.as_ref().map(told::why).unwrap_or_default();
                    self.told.push(format!(
                        "{} {}: {reason}",
                        notice.tier.into_str(),
                        notice.news.into_str()
                    ));
                }
                Action::Persist(Persist::File { reason, .. }) => {
                    self.filed = reason.as_ref().map(told::why).unwrap_or_default();
                }
                _ => {}
            }
        }
        actions
    }

    /// The step at hand holds, until there is none; the restored set is that.
    fn restores(&mut self, all: &str) {
        while let Phase::RollingBack(rollback) = self.world.facts().phase.clone() {
            let (rollback, step) = (rollback.plan.rollback, rollback.step);
            let instance = Some(set(all).instance);
            self.happens(&happening(ServiceEvent::StepDone { rollback, step, instance, output: None }));
        }
        self.sees(set(all));
        self.passes(60);
        while let Phase::Verifying(verification) = self.world.facts().phase.clone()
            && verification.settled()
        {
            let (rollback, step) = (verification.rollback.plan.rollback, verification.rollback.step);
            self.happens(&happening(ServiceEvent::StepDone { rollback, step, instance: None, output: None }));
        }
        self.passes(30);
    }

    fn phase(&self) -> &'static str {
        self.world.facts().phase.into_str()
    }

    fn has_told(&self, words: &str) -> bool {
        self.told.iter().any(|told| told.contains(words))
    }
}
