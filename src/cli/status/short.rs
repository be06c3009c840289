//! `golive status --short`: a line a service, for a prompt, a dashboard or `grep`.

use super::Page;
use crate::cli::show::{Mood, aligned, paint};
use crate::control::wire::{ServiceInfo, Status};
use crate::untrusted::harmless;

/// From the worst to the best.
const VERDICTS: [(&str, Mood); 4] =
    [("fail", Mood::Bad), ("blind", Mood::Uncertain), ("wait", Mood::Uncertain), ("pass", Mood::Good)];

impl Page {
    /// Name, phase, version and verdict, in columns.
    pub(super) fn draw_short(mut self, status: &Status) -> String {
        let rows: Vec<Vec<String>> = status.services.iter().map(row).collect();
        for (line, service) in aligned(rows.iter()).iter().zip(&status.services) {
            let (verdict, mood) = verdict(service);
            self.text.push_str(&format!("{line}  {}\n", paint(&verdict, mood, self.color)));
        }
        self.text
    }
}

fn row(service: &ServiceInfo) -> Vec<String> {
    let version = service.running.as_ref().map_or("-", |running| running.version.as_str());
    [&service.name, &service.phase, version].map(str::to_owned).to_vec()
}

/// The worst that there is to say, and whether it is bad.
fn verdict(service: &ServiceInfo) -> (String, Mood) {
    let named = |verdict: &str| {
        let of = service.triggers.iter().filter(|trigger| trigger.verdict == verdict);
        of.map(|trigger| trigger.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let worst = VERDICTS.into_iter().find(|(verdict, _)| !named(verdict).is_empty());
    let triggers = worst.map(|(verdict, mood)| match mood {
        Mood::Good => (verdict.to_owned(), mood),
        Mood::Uncertain | Mood::Bad => (format!("{verdict}: {}", named(verdict)), mood),
    });
    let down = match &service.running {
        Some(running) if running.running => None,
        Some(_) => Some("down"),
        None => Some("nothing seen"),
    };
    let not_ready = (service.readiness.ready == Some(false)).then_some("rollback NOT ready");
    let drift = service.drift.as_ref().map(|_| "drift");
    let bad: Vec<&str> = [down, not_ready, drift].into_iter().flatten().collect();
    let (said, mood) = triggers.unwrap_or(("-".to_owned(), Mood::Uncertain));
    if bad.is_empty() {
        return (harmless(&said), mood);
    }
    (harmless(&format!("{}; {said}", bad.join("; "))), Mood::Bad)
}
