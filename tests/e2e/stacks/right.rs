//! What is right of a stack: the head of its file.

use std::collections::BTreeMap;

use golive_fixtures::case::Case;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Right {
    /// The services of the set.
    pub(super) members: Vec<String>,
    /// Services that are left alone, because they keep data.
    #[serde(default)]
    pub(super) left: Vec<String>,
    /// Those that do their work and end.
    #[serde(default)]
    pub(super) jobs: Vec<String>,
    /// The tags of those that have the same image in every version.
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    /// How many containers each service has that has not one.
    #[serde(default)]
    replicas: BTreeMap<String, usize>,
    /// The profiles that are deployed.
    #[serde(default)]
    pub(super) profiles: Vec<String>,
    /// What `up -d` needs besides, to deploy another version.
    #[serde(default)]
    pub(super) up: Vec<String>,
    /// Files beside the stack's own.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    /// What `$BAD` is in the bad version.
    pub(super) bad: String,
    /// What is said of why it is taken back.
    pub(super) because: String,
    /// Which service is scaled, and to how many; back after that.
    pub(super) scale: Option<Scale>,
    /// The service whose containers are removed, while golive does not run.
    pub(super) rm: Option<String>,
    /// Whether golive runs then: it hears that the service was asked to stop, and that is what it tells.
    #[serde(default)]
    pub(super) rm_is_heard: bool,
    /// Steps that the stack does not take, each with the reason.
    #[serde(default)]
    without: BTreeMap<Step, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scale {
    pub(super) service: String,
    pub(super) to: usize,
}

/// What every stack is driven through, unless it says why not.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Step {
    DownUp,
    ForceRecreate,
    Scale,
    Rm,
}

impl Right {
    pub(super) fn of(case: &Case) -> Self {
        let right: Self =
            case.right.clone().try_into().unwrap_or_else(|error| panic!("{}: {error}", case.name));
        for (step, taken) in [(Step::Scale, right.scale.is_some()), (Step::Rm, right.rm.is_some())] {
            assert_ne!(
                taken,
                !right.takes(step),
                "{}: either a step is taken or it is said why not",
                case.name
            );
        }
        right
    }

    pub(super) fn takes(&self, step: Step) -> bool {
        !self.without.contains_key(&step)
    }

    /// How many containers a service has.
    pub(super) fn number(&self, service: &str) -> usize {
        self.replicas.get(service).copied().unwrap_or(1)
    }
}
