//! A host to simulate on: containers under names, an engine that goes away, and luck from a seed.

use crate::model::plan::Plan;
use crate::model::running::Running;
use crate::model::step::{Fault, FaultKind, Step};

use super::fixture::{API, running};

/// Luck, the same for the same seed (splitmix64).
#[derive(Debug, Clone)]
pub(super) struct Luck(pub(super) u64);

impl Luck {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// True so many times in a thousand.
    pub(super) fn one(&mut self, in_thousand: u64) -> bool {
        self.below(1000) < in_thousand
    }
}

/// One container.
#[derive(Debug, Clone)]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) alive: bool,
    /// The rollback that made it.
    by: Option<String>,
}

/// The host.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub(super) containers: Vec<Container>,
    pub(super) unreachable: bool,
    made: u32,
}

impl Host {
    pub(super) fn named(&self) -> Option<&Container> {
        self.containers.iter().find(|container| container.name == API)
    }

    /// What the engine says runs under the service's name.
    pub(super) fn running(&self) -> Option<Running> {
        let named = self.named()?;
        Some(Running { alive: named.alive, ..running(&named.version, &named.id) })
    }

    /// A person replaces whatever has the name.
    pub(super) fn deploy(&mut self, version: &str) {
        self.remove();
        let id = self.id(version);
        let (name, version) = (API.to_owned(), version.to_owned());
        self.containers.push(Container { id, name, version, alive: true, by: None });
    }

    pub(super) fn remove(&mut self) {
        self.containers.retain(|container| container.name != API);
    }

    /// Does a step as the runtime does: check what should hold, else act.
    pub(super) fn perform(&mut self, plan: &Plan, step: Step) -> Result<Option<String>, Fault> {
        if self.unreachable {
            return Err(fault(FaultKind::Unreachable, "connection refused"));
        }
        let theirs = self.named().is_some_and(|named| !ours(named, plan) && !bad(named, plan));
        let foreign = || fault(FaultKind::Foreign, "somebody else has deployed");
        match step {
            Step::Prepare if theirs => return Err(foreign()),
            Step::Prepare
            | Step::Forensics
            | Step::Before
            | Step::RecreateDependents
            | Step::Command
            | Step::Update
            | Step::Converge
            | Step::Verify
            | Step::DisableRestart
            | Step::After => {}
            Step::Create => return Ok(Some(self.create(plan))),
            Step::Stop => self.each(|it| bad(it, plan), |it| it.alive = false),
            Step::RenameOld => {
                self.each(|it| bad(it, plan) && it.name == API, |it| it.name = format!("{API}.golive-bad"));
            }
            Step::RenameNew if theirs => return Err(foreign()),
            Step::RenameNew => {
                if self.named().is_some_and(|named| bad(named, plan)) {
                    return Err(fault(FaultKind::Transient, "the name is taken"));
                }
                if !self.containers.iter().any(|it| ours(it, plan)) {
                    return Err(fault(FaultKind::Refused, "the successor is gone"));
                }
                self.each(|it| ours(it, plan), |it| it.name = API.to_owned());
            }
            Step::Start if theirs => return Err(foreign()),
            Step::Start => {
                let Some(id) = self.named().filter(|named| ours(named, plan)).map(|named| named.id.clone())
                else {
                    return Err(fault(FaultKind::Refused, "the successor is gone"));
                };
                self.each(|it| it.id == id, |it| it.alive = true);
                return Ok(Some(id));
            }
            Step::CleanUp => self.containers.retain(|it| it.alive || it.name == API || !bad(it, plan)),
            Step::Undo if theirs => return Err(foreign()),
            Step::Undo => return self.undo(plan),
            Step::Yield => self.containers.retain(|it| !ours(it, plan) || it.name == API),
        }
        Ok(None)
    }

    fn create(&mut self, plan: &Plan) -> String {
        if let Some(made) = self.containers.iter().find(|it| ours(it, plan)) {
            return made.id.clone();
        }
        let (id, version) = (self.id(&plan.to_version), plan.to_version.clone());
        let by = Some(plan.rollback.clone());
        let name = format!("{API}.golive-next");
        self.containers.push(Container { id: id.clone(), name, version, alive: false, by });
        id
    }

    fn undo(&mut self, plan: &Plan) -> Result<Option<String>, Fault> {
        if !self.containers.iter().any(|it| bad(it, plan)) {
            // Something rather than nothing.
            self.each(
                |it| ours(it, plan),
                |it| {
                    it.name = API.to_owned();
                    it.alive = true;
                },
            );
            return Err(fault(FaultKind::Refused, "the bad container is gone"));
        }
        self.containers.retain(|it| !ours(it, plan));
        self.each(
            |it| bad(it, plan),
            |it| {
                it.name = API.to_owned();
                it.alive = true;
            },
        );
        Ok(None)
    }

    fn each(&mut self, which: impl Fn(&Container) -> bool, what: impl Fn(&mut Container)) {
        self.containers.iter_mut().filter(|it| which(it)).for_each(what);
    }

    fn id(&mut self, version: &str) -> String {
        self.made += 1;
        format!("c{}-{version}", self.made)
    }
}

fn ours(container: &Container, plan: &Plan) -> bool {
    container.by.as_ref() == Some(&plan.rollback)
}

fn bad(container: &Container, plan: &Plan) -> bool {
    plan.bad.as_ref() == Some(&container.id)
}

pub(super) fn fault(kind: FaultKind, text: &str) -> Fault {
    Fault { kind, text: text.to_owned() }
}
