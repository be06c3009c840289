//! That going back to a release was tried, after it was accepted.

use minijinja::context;
use serde_json::{Value, json};

use super::sheet::Sheet;
use crate::model::drill::{Drill, Leg, Page};
use crate::model::reason::Reason;
use crate::store::Story;
use crate::untrusted::clean;

pub(super) fn write(sheet: &mut Sheet<'_>, story: &Story) {
    let mut drills = of(story).peekable();
    if drills.peek().is_none() {
        return;
    }
    sheet.head("drills");
    for drill in drills {
        let texts = sheet.texts;
        let passed = drill.passed().unwrap_or_default();
        let told = if passed { drill.swapped() } else { Some(drill.shortfall()) };
        let why = told.map(|told| texts.reason(&Reason::Drill(told)));
        let answered_by = answered_by(drill).map(clean);
        let after = drill.answered_after().map(|after| texts.duration(after));
        let (level, by) = (drill.level.into_str(), drill.by.as_deref().map(clean));
        let name = texts.phrase("record.drill", context! { at => texts.time(drill.began) });
        sheet.row(
            &name,
            &texts.phrase("record.drill-of", context! { passed, level, by, why, answered_by, after }),
        );
    }
}

pub(super) fn json(story: &Story) -> Value {
    of(story)
        .map(|drill| {
            json!({
                "id": drill.id, "level": drill.level.into_str(), "by": drill.by, "started_at": drill.began.to_string(),
                "ended": drill.ended().map(|at| at.to_string()), "passed": drill.passed(),
                "problems": drill.outcome.as_ref().map(|outcome| &outcome.problems),
                "swap": drill.swap.as_ref().map(|swap| json!({
                    "to": swap.to, "to_version": swap.to_version,
                    "ways": swap.legs.iter().map(way).collect::<Vec<_>>(),
                })),
                "acknowledged_by": answered_by(drill),
                "acknowledged_after_seconds": drill.answered_after().map(|after| after.as_secs_f64()),
            })
        })
        .collect()
}

fn way(leg: &Leg) -> Value {
    let steps = leg.steps.iter();
    let steps = steps.map(|it| {
        json!({ "name": it.step.into_str(), "duration_seconds": it.took.as_secs_f64(), "failed": it.failed })
    });
    json!({
        "way": leg.way.into_str(), "started_at": leg.began.to_string(), "failed": leg.failed,
        "without_service_seconds": leg.without().map(|without| without.as_secs_f64()),
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn of(story: &Story) -> impl Iterator<Item = &Drill> {
    story.sealed.iter().filter_map(|entry| entry.drill.as_ref())
}

fn answered_by(drill: &Drill) -> Option<&str> {
    let Some(Page::Answered { by, .. }) = &drill.page else { return None };
    Some(by)
}
