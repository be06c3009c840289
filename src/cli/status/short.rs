//! `golive status --short`: a line a service, for a prompt, a dashboard or `grep`.

use super::Page;
use crate::cli::show::{Mood, padded, paint};
use crate::control::wire::{ServiceInfo, Status};
use crate::untrusted::harmless;

/// From the worst to the best.
const VERDICTS: [(&str, Mood); 4] =
    [("fail", Mood::Bad), ("blind", Mood::Uncertain), ("wait", Mood::Uncertain), ("pass", Mood::Good)];

impl Page {
    /// Name, phase, version and verdict, in columns.
    pub(super) fn draw_short(mut self, status: &Status) -> String {
        let rows: Vec<([String; 3], (String, Mood))> = status.services.iter().map(row).collect();
        let width = |at: usize| {
            let cells =
                rows.iter().map(|(cells, _)| unicode_width::UnicodeWidthStr::width(cells[at].as_str()));
            cells.max().unwrap_or_default()
        };
        let widths = [width(0), width(1), width(2)];
        for (cells, (verdict, mood)) in &rows {
            let cells = cells.iter().zip(widths).map(|(cell, width)| padded(cell, width));
            let line = cells.collect::<Vec<_>>().join("  ");
            let verdict = paint(verdict, *mood, self.color);
            self.text.push_str(&format!("{line}  {verdict}\n"));
        }
        self.text
    }
}

fn row(service: &ServiceInfo) -> ([String; 3], (String, Mood)) {
    let version = service.running.as_ref().map_or("-", |running| running.version.as_str());
    let cells = [&service.name, &service.phase, version].map(harmless);
    (cells, verdict(service))
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
