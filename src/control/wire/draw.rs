//! The core's view as it goes over the socket.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{
    CheckInfo, ChecklistInfo, DaemonInfo, DecidedInfo, DeploymentInfo, Done, DriftInfo, DrillsInfo,
    HeartbeatInfo, HoldInfo, IncidentInfo, Outcome, PlanInfo, QuarantineInfo, Readiness, ReleaseInfo,
    RollbackInfo, RunningInfo, ScheduledRollbackInfo, ServiceInfo, Status, TriggerInfo,
};
use crate::control::About;
use crate::decide::action::Answer;
use crate::decide::view::{ServiceView, TriggerView, View};
use crate::model::decision::Decision;
use crate::model::facts::{Diverged, Hold, Quarantined, Veto};
use crate::model::incident::{Incident, IncidentState};
use crate::model::policy::Autonomy;
use crate::model::release::Release;
use crate::model::running::Running;
use crate::model::sample::{Outcome as SampleOutcome, Sample};
use crate::text::Texts;

impl Status {
    pub(in crate::control) fn new(view: &View, about: &About, texts: &Texts, only: Option<&str>) -> Self {
        let services = view.services.iter().filter(|service| only.is_none_or(|only| service.name == only));
        let incidents = view.incidents.iter().filter(|incident| {
            only.is_none_or(|only| incident.service.as_deref().is_none_or(|service| service == only))
        });
        let status = Self {
            revision: String::new(),
            daemon: DaemonInfo {
                version: about.version.clone(),
                since: about.since,
                config: about.config.display().to_string(),
                docker_error: view.docker_error.clone(),
                swarm_error: view.swarm_error.clone(),
                clock_skew: view.clock_skew.clone(),
                store_error: view.store_error.clone(),
                config_error: view.config_error.clone(),
                heartbeat: view.heartbeat.as_ref().map(|heartbeat| HeartbeatInfo {
                    heard: heartbeat.heard,
                    failing: heartbeat.failing.clone(),
                }),
            },
            services: services.map(|service| ServiceInfo::new(service, texts)).collect(),
            rules: view
                .rules
                .iter()
                .filter(|_| only.is_none())
                .map(|it| TriggerInfo::new(it, texts))
                .collect(),
            incidents: incidents.map(|incident| IncidentInfo::new(incident, texts)).collect(),
        };
        let mut hasher = DefaultHasher::new();
        serde_json::to_vec(&status).unwrap_or_default().hash(&mut hasher);
        Self { revision: format!("{:016x}", hasher.finish()), ..status }
    }
}

impl ServiceInfo {
    fn new(service: &ServiceView, texts: &Texts) -> Self {
        let autonomy = match service.autonomy {
            Autonomy::Off => "off",
            Autonomy::Shadow => "shadow",
            Autonomy::Ask => "ask",
            Autonomy::Auto => "auto",
        };
        let release = service.release.as_ref().map(|at_hand| ReleaseInfo {
            phase_since: at_hand.began,
            ends_at: at_hand.ends,
            step: at_hand.step.map(str::to_owned),
            ..ReleaseInfo::new(&at_hand.release)
        });
        let problems = service.problems.clone();
        Self {
            name: service.name.clone(),
            autonomy: autonomy.to_owned(),
            standby_reason: service.standby_reason.clone(),
            phase: service.phase.to_owned(),
            why: service.why.as_ref().map(|why| texts.reason(why)),
            hold: service.hold.as_ref().map(HoldInfo::new),
            release,
            rollback: service.rollback.as_ref().map(RollbackInfo::new),
            deployment: service.deployment.as_ref().map(|it| DeploymentInfo::new(it, texts)),
            grace_until: service.grace_until,
            acceptance_since: service.acceptance_since,
            announced: service.announced.as_ref().map(ReleaseInfo::new),
            accepted: service.accepted.as_ref().map(ReleaseInfo::new),
            running: service.running.as_ref().map(RunningInfo::new),
            drift: service.diverged.as_ref().map(|diverged| DriftInfo {
                acknowledged_by: service.diverged_known_to.clone(),
                ..DriftInfo::new(diverged, texts)
            }),
            scheduled_rollback: service.veto.as_ref().map(|veto| ScheduledRollbackInfo::new(veto, texts)),
            maintenance: service.maintenance,
            freeze: service.freeze,
            quarantine: service.quarantine.iter().map(|bad| QuarantineInfo::new(bad, texts)).collect(),
            drills: DrillsInfo::new(&service.drill),
            warnings: service.warnings.iter().map(|doubt| texts.sentence(doubt)).collect(),
            readiness: Readiness {
                ready: problems.as_ref().map(Vec::is_empty),
                problems: problems.unwrap_or_default(),
            },
            triggers: service.triggers.iter().map(|it| TriggerInfo::new(it, texts)).collect(),
            checks: service.samples.iter().map(CheckInfo::new).collect(),
            decided: service.decided.as_ref().map(|decision| DecidedInfo::new(decision, texts)),
        }
    }
}

impl DecidedInfo {
    fn new(decision: &Decision, texts: &Texts) -> Self {
        let Decision { release, version, state, at, why } = decision;
        Self {
            release: release.clone(),
            version: version.clone(),
            state: state.into_str().to_owned(),
            decided_at: *at,
            why: why.as_ref().map(|why| texts.reason(why)),
        }
    }
}

impl ReleaseInfo {
    fn new(release: &Release) -> Self {
        Self {
            id: release.id.clone(),
            version: release.version.clone(),
            image: release.running.as_ref().map(|running| running.identity.image.clone()),
            started_at: release.began,
            phase_since: None,
            ends_at: None,
            step: None,
        }
    }
}

impl RunningInfo {
    fn new(running: &Running) -> Self {
        Self {
            container_ids: running.instance.split(',').map(str::to_owned).collect(),
            version: running.version.clone(),
            image: running.identity.image.clone(),
            running: running.alive,
            started_at: running.started,
            restarts: running.restarts,
            description: running.about.clone(),
            down: running.down(),
        }
    }
}

impl HoldInfo {
    fn new(hold: &Hold) -> Self {
        Self { by: hold.by.clone(), reason: hold.why.clone(), since: hold.since, until: hold.until }
    }
}

impl DriftInfo {
    fn new(diverged: &Diverged, texts: &Texts) -> Self {
        let (since, released) = (diverged.since, diverged.released.clone());
        Self { since, why: texts.reason(&diverged.why), released, acknowledged_by: None }
    }
}

impl ScheduledRollbackInfo {
    fn new(veto: &Veto, texts: &Texts) -> Self {
        Self { why: texts.reason(&veto.cause), starts_at: veto.ends }
    }
}

impl QuarantineInfo {
    fn new(bad: &Quarantined, texts: &Texts) -> Self {
        Self {
            version: bad.version.clone(),
            image: bad.identity.image.clone(),
            release: bad.release.clone(),
            at: bad.at,
            why: texts.reason(&bad.why),
        }
    }
}

impl TriggerInfo {
    fn new(trigger: &TriggerView, texts: &Texts) -> Self {
        let verdict = &trigger.verdict;
        Self {
            name: trigger.name.clone(),
            verdict: verdict.call.into_str().to_owned(),
            value: verdict.value,
            limit: verdict.limit,
            bound: verdict.bound.into_str().to_owned(),
            unit: verdict.unit.into_str().to_owned(),
            recent: trigger.recent.clone(),
            samples: verdict.samples,
            why: texts.sentence(&verdict.why),
        }
    }
}

impl CheckInfo {
    fn new(sample: &Sample) -> Self {
        let (outcome, message) = match &sample.outcome {
            SampleOutcome::Ok => ("ok", None),
            SampleOutcome::Failed(seen) => ("failed", Some(seen.clone())),
            SampleOutcome::Blind(seen) => ("blind", Some(seen.clone())),
        };
        let (at, duration_seconds) = (sample.began, sample.took.as_secs_f64());
        Self { name: sample.check.clone(), at, duration_seconds, outcome: outcome.to_owned(), message }
    }
}

impl IncidentInfo {
    fn new(incident: &Incident, texts: &Texts) -> Self {
        let state = incident.standing();
        let acknowledged_by = match state {
            IncidentState::Acknowledged { by } => Some(by.clone()),
            IncidentState::Open | IncidentState::Resolved => None,
        };
        Self {
            id: incident.id.clone(),
            service: incident.service.clone(),
            tier: incident.tier.into_str().to_owned(),
            state: state.into_str().to_owned(),
            resolve_at: incident.resolve_at,
            event: incident.news.into_str().to_owned(),
            title: texts.incident(incident),
            release: incident.release.clone(),
            acknowledged_by,
            started_at: incident.began,
        }
    }
}

impl Outcome {
    /// Where a release stands: the one that is named, else the one at hand, else the newest that is known of. `None`
    /// when the named one cannot be a release of this service.
    pub(in crate::control) fn of(service: &ServiceView, named: Option<&str>, texts: &Texts) -> Option<Self> {
        let (announced, accepted) = (service.announced.as_ref(), service.accepted.as_ref());
        let (at_hand, decided) = (service.release.as_ref(), service.decided.as_ref());
        let newest = at_hand.map(|it| &it.release).or(announced).map(|release| &release.id);
        let newest =
            newest.or(decided.map(|decision| &decision.release)).or(accepted.map(|release| &release.id));
        let wanted = named.or(newest.map(String::as_str));
        let is = |release: &&Release| Some(release.id.as_str()) == wanted;
        let (announced, accepted) = (announced.filter(is), accepted.filter(is));
        let at_hand = at_hand.filter(|it| is(&&it.release));
        let decided = decided.filter(|decision| Some(decision.release.as_str()) == wanted);
        // The accepted version is gone forth to again by a drill, or could not be.
        let drills = accepted.is_some() && service.release.is_none();
        let state = match (at_hand, announced, decided, accepted) {
            _ if drills && matches!(service.phase, "rolling-back" | "verifying") => "undecided",
            _ if drills && service.phase == "needs-person" => "rollback-failed",
            // In a count-down it is as good as decided, and a person may still say otherwise.
            (Some(_), ..) if service.phase == "held" && service.veto.is_none() => "held",
            (Some(_), ..) if service.phase == "needs-person" => "rollback-failed",
            (Some(_), ..) | (None, Some(_), ..) => "undecided",
            (None, None, Some(decision), _) => decision.state.into_str(),
            (None, None, None, Some(_)) => "accepted",
            (None, None, None, None) => match wanted {
                None => "undecided",
                // It is not known any more: others were decided after it.
                Some(wanted) if wanted.starts_with(&format!("{}-", service.name)) => "superseded",
                Some(_) => return None,
            },
        };
        let about = at_hand.map(|it| &it.release).or(announced).or(accepted);
        let version = about.map(|release| &release.version);
        let bad = || service.quarantine.iter().rev().find(|bad| Some(bad.release.as_str()) == wanted);
        let of_decided =
            || decided.map(|decision| &decision.version).or_else(|| bad().map(|bad| &bad.version));
        // Of one that is at hand it is the service's.
        let why = match at_hand {
            Some(_) => service.why.as_ref(),
            None => decided.and_then(|decision| decision.why.as_ref()).or_else(|| bad().map(|bad| &bad.why)),
        };
        Some(Self {
            release: wanted.map(str::to_owned),
            version: version.or_else(of_decided).cloned(),
            state: state.to_owned(),
            phase: service.phase.to_owned(),
            ends_at: at_hand.and_then(|it| it.ends),
            decided_at: decided.map(|decision| decision.at),
            why: why.map(|why| texts.reason(why)),
        })
    }

    /// Whether there is no need to wait any longer.
    pub fn decided(&self) -> bool {
        self.state != "undecided"
    }
}

impl Done {
    pub(in crate::control) fn new(answer: Answer, texts: &Texts) -> Self {
        match answer {
            Answer::Done { release } => Self { release, ..Self::default() },
            Answer::Plan { plan, steps, problems, removes, leaves } => Self {
                release: Some(plan.from),
                plan: Some(PlanInfo {
                    from: plan.from_version,
                    to: plan.to_version,
                    steps: steps.into_iter().map(|step| step.into_str().to_owned()).collect(),
                    problems,
                    not_put_back: texts.not_put_back(&removes, &leaves),
                }),
                ..Self::default()
            },
            Answer::Checklist { version, entries } => {
                Self { checklist: Some(ChecklistInfo::new(version, entries)), ..Self::default() }
            }
            Answer::Drill { id } => Self { drill: Some(id), ..Self::default() },
            Answer::Refused { .. } => Self::default(),
        }
    }
}
