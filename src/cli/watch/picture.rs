//! How everything stands, as lines that fit a terminal.

use console::truncate_str;
use jiff::Timestamp;

use super::block::{Block, Widths, is_quiet};
use super::canvas::Canvas;
use crate::cli::show::Mood;
use crate::control::wire::{DaemonInfo, IncidentInfo, ServiceInfo, Status};
use crate::text::Texts;
use crate::untrusted::harmless;

/// What is drawn.
pub(super) struct Scene<'a> {
    pub(super) status: &'a Status,
    /// Since when the daemon has not answered, while it does not.
    pub(super) lost: Option<Timestamp>,
}

impl Canvas<'_> {
    /// One line less than the terminal has, at most: the cursor stands in the last one.
    pub(super) fn draw(&self, scene: &Scene<'_>) -> Vec<String> {
        let room = self.height.saturating_sub(1).max(1);
        let mut lines = self.troubles(&scene.status.daemon, scene.lost);
        if scene.status.services.is_empty() {
            lines.push(self.texts.page("nothing", ""));
        }
        let waiting = scene.status.incidents.iter().filter(|incident| needs_a_person(incident));
        let incidents = self.incidents(&waiting.collect::<Vec<_>>(), (room / 3).max(3));
        let left = room.saturating_sub(lines.len() + incidents.len()).max(1);
        lines.extend(self.services(&scene.status.services, left));
        lines.extend(incidents);
        lines.truncate(room);
        lines.iter().map(|line| truncate_str(line, self.width, "…").trim_end().to_owned()).collect()
    }

    fn troubles(&self, daemon: &DaemonInfo, lost: Option<Timestamp>) -> Vec<String> {
        let lost = lost.map(|since| {
            let lasted = self.texts.lasting(self.now.duration_since(since));
            self.paint(&self.texts.live("lost", &[("lasted", &lasted)]), Mood::Uncertain)
        });
        let troubles = troubles(daemon, self.texts).into_iter();
        lost.into_iter().chain(troubles.map(|trouble| self.paint(&trouble, Mood::Bad))).collect()
    }

    /// All of them where there is room; else those that are quiet in a line each; else the others first, and how many more.
    fn services(&self, services: &[ServiceInfo], room: usize) -> Vec<String> {
        let widths = Widths::of(services, self.texts, self.width);
        let lines = |service: &ServiceInfo| Block { service, canvas: self, widths: &widths }.lines();
        let short = |service: &ServiceInfo| {
            let most = if is_quiet(service) { 1 } else { room };
            lines(service).into_iter().take(most).collect()
        };
        let whole: Vec<String> = services.iter().flat_map(lines).collect();
        if whole.len() <= room {
            return whole;
        }
        let mut blocks: Vec<(&ServiceInfo, Vec<String>)> =
            services.iter().map(|service| (service, short(service))).collect();
        let all = blocks.iter().map(|(_, lines)| lines.len()).sum::<usize>() <= room;
        if !all {
            blocks.sort_by_key(|(service, _)| is_quiet(service));
        }
        let room = if all { room } else { room.saturating_sub(1).max(1) };
        let (mut lines, mut more) = (Vec::new(), Vec::new());
        for (service, block) in blocks {
            // The first is shown as far as there is room.
            if more.is_empty() && (lines.is_empty() || lines.len() + block.len() <= room) {
                lines.extend(block.into_iter().take(room));
            } else {
                more.push(service.name.as_str());
            }
        }
        if !more.is_empty() {
            let (count, names) = (more.len().to_string(), more.join(", "));
            lines.push(self.texts.live("more-services", &[("count", &count), ("names", &names)]));
        }
        lines
    }

    /// Two lines each, and how many more there are.
    fn incidents(&self, incidents: &[&IncidentInfo], room: usize) -> Vec<String> {
        let most = if incidents.len() * 2 <= room { incidents.len() } else { (room - 1) / 2 };
        let mut lines = Vec::new();
        for incident in &incidents[..most] {
            lines.push(self.paint(&headline(incident, self.texts), Mood::Bad));
            lines.push(format!("  golive ack {}", harmless(&incident.id)));
        }
        if most < incidents.len() {
            let count = (incidents.len() - most).to_string();
            lines.push(self.texts.live("more-incidents", &[("count", &count)]));
        }
        lines
    }
}

/// What is wrong with golive itself, a sentence each.
pub(super) fn troubles(daemon: &DaemonInfo, texts: &Texts) -> Vec<String> {
    let troubles = [
        ("trouble-docker", &daemon.docker_error),
        ("trouble-swarm", &daemon.swarm_error),
        ("trouble-clock", &daemon.clock_skew),
        ("trouble-state", &daemon.store_error),
        ("trouble-rules", &daemon.config_error),
    ];
    troubles.iter().filter_map(|(name, why)| Some(texts.page(name, why.as_ref()?))).collect()
}

/// Tier, service and what it is about.
pub(super) fn headline(incident: &IncidentInfo, texts: &Texts) -> String {
    let tier = incident.tier.parse().map_or_else(|_| incident.tier.clone(), |tier| texts.tier(tier));
    let service = incident.service.as_deref().unwrap_or("golive");
    texts.live("incident", &[("tier", &tier), ("service", service), ("title", &incident.title)])
}

/// Nobody has taken it on, and it is no mere news.
pub(super) fn needs_a_person(incident: &IncidentInfo) -> bool {
    incident.state == "open" && incident.tier != "general"
}
