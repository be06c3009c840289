//! What a story's policy says: `KEY=VALUE`, each.

use super::duration;
use crate::model::drill::{Level, Schedule};
use crate::model::policy::{Autonomy, Otherwise, Quarantine, ServicePolicy, Window, Windows};
use crate::model::step::Step;

pub(super) fn set(policy: &mut ServicePolicy, settings: &[&str]) {
    for setting in settings {
        let (key, value) = setting.split_once('=').expect("key=value");
        match (key, value) {
            ("autonomy", word) => {
                let all = [Autonomy::Off, Autonomy::Shadow, Autonomy::Ask, Autonomy::Auto];
                policy.autonomy =
                    all.into_iter().find(|autonomy| autonomy.into_str() == word).expect("an autonomy");
                policy.health_autonomy = policy.autonomy;
            }
            ("on-blind", word) => policy.on_blind = otherwise(word),
            ("acceptance", "none") => policy.acceptance = None,
            ("acceptance", word) => policy.acceptance = Some(otherwise(word)),
            ("window", value) => policy.window = duration(value),
            ("grace", value) => policy.grace = duration(value),
            ("verify", value) => policy.verify = duration(value),
            ("blind-after", value) => policy.blind_after = duration(value),
            ("failures", value) => policy.failures = value.parse().unwrap(),
            ("per-day", value) => policy.per_day = value.parse().unwrap(),
            ("veto", value) => policy.veto = duration(value),
            ("quarantine", word) => {
                let all = [Quarantine::Off, Quarantine::Watch, Quarantine::Ask, Quarantine::Rollback];
                policy.quarantine = all.into_iter().find(|it| it.into_str() == word).expect("a quarantine");
            }
            ("drill", "none") => policy.drill = None,
            ("drill-swap", every) => {
                policy.drill = Some(Schedule { every: duration(every), level: Level::Swap });
            }
            ("drill", every) => policy.drill = Some(Schedule { every: duration(every), level: Level::Ready }),
            ("maintenance", hours) => policy.maintenance = daily(hours),
            ("freeze", hours) => policy.freeze = daily(hours),
            ("keep", value) => policy.keep = value.parse().unwrap(),
            ("checks", value) => policy.checks = value.split(',').map(str::to_owned).collect(),
            ("command", "yes") => (policy.steps, policy.finish) = (vec![Step::Command], vec![]),
            ("command", "verified") => {
                (policy.steps, policy.finish) = (vec![Step::Command], vec![Step::Verify]);
            }
            ("before", "yes") => policy.steps.insert(2, Step::Before),
            _ => panic!("no such setting: {setting}"),
        }
    }
}

/// `HH:MM-HH:MM`, every day.
fn daily(hours: &str) -> Windows {
    let (opens, closes) = hours.split_once('-').expect("from-to");
    let time = |text: &str| text.parse().expect("a time of day");
    let window = Window { days: [true; 7], opens: time(opens), closes: time(closes) };
    Windows { windows: vec![window], zone: None }
}

fn otherwise(word: &str) -> Otherwise {
    match word {
        "hold" => Otherwise::Hold,
        "accept" => Otherwise::Accept,
        "rollback" => Otherwise::Rollback,
        _ => panic!("nothing becomes of it so: {word}"),
    }
}
