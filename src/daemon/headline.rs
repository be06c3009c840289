//! One line for `systemctl status`: what is wrong, what is under way, or that all is well.

use jiff::Timestamp;

use crate::decide::view::{ServiceView, View};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::News;

/// What was told last.
#[derive(Debug, Default)]
pub(super) struct Headline {
    line: String,
}

impl Headline {
    /// The line, where it is another one than the last.
    pub(super) fn news(&mut self, view: &View, now: Timestamp) -> Option<&str> {
        let line = draw(view, now);
        let news = line != self.line;
        self.line = line;
        news.then_some(self.line.as_str())
    }
}

fn draw(view: &View, now: Timestamp) -> String {
    let troubles = [
        ("cannot write its state", &view.store_error),
        ("Docker does not answer", &view.docker_error),
        ("nobody acts in the Swarm", &view.swarm_error),
        ("this host's clock is not the other managers'", &view.clock_skew),
        ("the new configuration is refused, the old one is in force", &view.config_error),
    ];
    let troubles = troubles.iter().filter_map(|(what, why)| Some(format!("{what}: {}", why.as_ref()?)));
    let services = view.services.iter().filter_map(|service| about(service, view, now));
    let lines: Vec<String> = troubles.chain(services).collect();
    match (lines.is_empty(), view.services.len()) {
        (false, _) => lines.join("; "),
        (true, 0) => "no service is configured".to_owned(),
        (true, 1) => "watching 1 service, all well".to_owned(),
        (true, all) => format!("watching {all} services, all well"),
    }
}

/// What there is to say of a service; nothing while it is well.
fn about(service: &ServiceView, view: &View, now: Timestamp) -> Option<String> {
    let name = &service.name;
    if let Some(at_hand) = &service.release {
        let step = at_hand.step.map(|step| format!(", step {step}")).unwrap_or_default();
        let left = at_hand.ends.map(|ends| left(now, ends)).unwrap_or_default();
        return Some(format!("{name}: {} {}{step}{left}", service.phase, at_hand.release.version));
    }
    let own = |incident: &&Incident| {
        incident.service.as_ref() == Some(name) && *incident.standing() != IncidentState::Resolved
    };
    let incident = view.incidents.iter().rfind(own);
    if let Some(incident) = incident {
        return Some(format!("{name}: {}", incident.news.into_str()));
    }
    if service.accepted.is_none() {
        return Some(format!("{name}: no version accepted yet"));
    }
    service.diverged.as_ref().map(|_| format!("{name}: {}", News::DriftDetected.into_str()))
}

/// In whole minutes, so that the line changes no more often.
fn left(now: Timestamp, ends: Timestamp) -> String {
    let seconds = u64::try_from(ends.duration_since(now).as_secs()).unwrap_or_default();
    format!(", {} min left", seconds.div_ceil(60).max(1))
}
