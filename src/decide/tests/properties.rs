//! Properties over random events, nonsense and stale answers among them, with restarts anywhere.

use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{happening, later, running, sample, secs, service_policy};
use super::invariants::Watched;
use crate::decide::action::Action;
use crate::model::acceptance::Verdict;
use crate::model::drill::Level;
use crate::model::event::{Ask, Event, ServiceEvent};
use crate::model::facts::{Facts, Phase};
use crate::model::policy::{Autonomy, Otherwise, Quarantine, ServicePolicy, Window, Windows};
use crate::model::release::Announcement;
use crate::model::release::ReleaseState::Superseded;
use crate::model::sample::Outcome;
use crate::model::step::{Fault, FaultKind, Step};
use crate::model::tests as plain;

/// What is drawn for one event: what, with what, and after how long.
type Drawn = (u8, u8, u8);

fn drawn(longest: usize) -> impl Strategy<Value = Vec<Drawn>> {
    prop::collection::vec(any::<Drawn>(), 0..longest)
}

fn policy() -> impl Strategy<Value = ServicePolicy> {
    let guards = (0..3_u8, 0..4_u8, any::<bool>(), 0..4_u8);
    (0..8_u8, 0..3_u8, any::<bool>(), 0..4_u32, guards).prop_map(
        |(autonomy, on_blind, two, per_day, guards)| ServicePolicy {
            autonomy: match autonomy {
                0 => Autonomy::Off,
                1 => Autonomy::Shadow,
                2 => Autonomy::Ask,
                _ => Autonomy::Auto,
            },
            on_blind: [Otherwise::Hold, Otherwise::Accept, Otherwise::Rollback][usize::from(on_blind)],
            checks: ["web", "tcp"][..=usize::from(two)].iter().map(|name| (*name).to_owned()).collect(),
            acceptance: [None, Some(Otherwise::Hold), Some(Otherwise::Accept), Some(Otherwise::Rollback)]
                [usize::from(guards.3)],
            window: secs(120),
            per_day,
            veto: secs([0, 0, 30][usize::from(guards.0)]),
            quarantine: [Quarantine::Off, Quarantine::Watch, Quarantine::Ask, Quarantine::Rollback]
                [usize::from(guards.1)],
            maintenance: if guards.2 { nightly() } else { Windows::default() },
            steps: std::iter::once(Step::Before).chain(service_policy().steps).collect(),
            finish: vec![Step::Verify, Step::CleanUp, Step::After],
            ..service_policy()
        },
    )
}

/// A story begins at three o'clock, and takes minutes or days.
pub(super) fn nightly() -> Windows {
    let time = |text: &str| text.parse().unwrap();
    let window = Window { days: [true; 7], opens: time("03:05"), closes: time("03:15") };
    Windows { windows: vec![window], zone: None }
}

fn pause(drawn: u8) -> Duration {
    match drawn {
        0..=9 => Duration::from_millis(1),
        10..=199 => secs(u64::from(drawn % 7) + 1),
        200..=239 => secs(30),
        240..=251 => secs(150),
        252..=254 => secs(3600),
        255 => secs(90_000),
    }
}

/// The next event, or a kill: `None`.
fn event(on: &Watched, (what, with, _): Drawn) -> Option<Event> {
    let said = || format!("said {with}");
    let what = match what {
        0..=79 => return Some(happening(sampled(on, with))),
        80..=99 => seen(with),
        100..=149 => answer(on, with),
        150..=199 => ServiceEvent::Asked { by: said(), ask: ask(with) },
        200..=207 => ServiceEvent::Died { instance: said(), asked: false, exit: None, oom: with > 200 },
        208..=215 => proved(on, with),
        216..=223 => accepted(on, with),
        224..=227 => return Some(Event::EngineLost { why: said() }),
        228 | 230 | 231 => return Some(Event::EngineBack),
        229 => {
            let since = on.world.now.checked_sub(secs(u64::from(with))).unwrap();
            return Some(Event::StoodStill { since });
        }
        232 => return Some(Event::ConfigReloaded),
        233 => return Some(Event::ConfigRejected { why: said() }),
        234 => return Some(Event::StoreLost { why: said() }),
        235 => return Some(Event::StoreBack),
        236..=243 => {
            return Some(Event::Acknowledged { incident: format!("api-{}", with % 16), by: said() });
        }
        244..=246 => return Some(Event::Due),
        247 => return Some(Event::Started),
        248..=255 => return None,
    };
    Some(happening(what))
}

fn sampled(on: &Watched, with: u8) -> ServiceEvent {
    let outcome = match with % 8 {
        0..=2 => Outcome::Ok,
        3..=6 => Outcome::Failed("status 500".to_owned()),
        _ => Outcome::Blind("no route".to_owned()),
    };
    let check = ["web", "tcp", "web", "gone"][usize::from(with / 64)];
    let late = if with % 16 == 15 { secs(40) } else { Duration::ZERO };
    ServiceEvent::Sampled(sample(check, on.world.now.checked_sub(late).unwrap(), outcome))
}

/// Acceptance items of the release at hand, or of another.
fn accepted(on: &Watched, with: u8) -> ServiceEvent {
    let at_hand = on.world.facts().release.as_ref().map(|release| release.id.clone());
    let release = at_hand.filter(|_| with < 250).unwrap_or_default();
    let verdict = [Verdict::Pass, Verdict::Pass, Verdict::Fail, Verdict::NoData][usize::from(with % 4)];
    ServiceEvent::AcceptanceRan { release, items: vec![plain::item("home", verdict, "said")] }
}

fn seen(with: u8) -> ServiceEvent {
    let version = format!("v{}", with % 4);
    match with {
        0..=31 => ServiceEvent::Seen(None),
        32..=63 => ServiceEvent::Seen(Some(running(&version, "c-next"))),
        _ => ServiceEvent::Seen(Some(running(&version, &format!("c{}-{version}", with / 128)))),
    }
}

/// An answer to the step at hand, or to one that nobody waits for.
fn answer(on: &Watched, with: u8) -> ServiceEvent {
    let (plan, step) = on.step.clone().map_or_else(
        || ("api-rb-20260302T030000000".to_owned(), Step::Start),
        |(plan, step)| (plan.rollback, step),
    );
    let step = if with > 240 { Step::Create } else { step };
    let text = format!("said {with}");
    let failed = |kind| ServiceEvent::StepFailed {
        rollback: plan.clone(),
        step,
        fault: Fault { kind, text: text.clone() },
    };
    match with % 16 {
        0 => failed(FaultKind::Unreachable),
        1 => failed(FaultKind::Transient),
        2 => failed(FaultKind::Refused),
        3 => failed(FaultKind::Foreign),
        4 => failed(FaultKind::Irreversible),
        _ => {
            ServiceEvent::StepDone { rollback: plan, step, instance: Some("c-next".to_owned()), output: None }
        }
    }
}

fn ask(with: u8) -> Ask {
    let version = format!("v{}", with % 4);
    match with % 16 {
        0..=1 => Ask::Accept { reason: None, force: false },
        2..=3 => Ask::Abort,
        4..=5 => Ask::Rollback { to: None, reason: None, known_bad: false },
        6 => Ask::Rollback { to: Some(version), reason: Some("slow".to_owned()), known_bad: false },
        7 => Ask::Plan { to: None },
        8 => Ask::Plan { to: Some(version) },
        9 => Ask::Hold { lasts: Some(secs(300)), reason: None },
        10 => Ask::Hold { lasts: None, reason: None },
        11..=12 => Ask::Resume,
        13 => {
            let level = [Level::Swap, Level::Swap, Level::Ready, Level::Steps][usize::from(with / 64)];
            Ask::Drill { level, page: with % 32 < 16, for_real: true }
        }
        14 => Ask::Release(Announcement { version, ..Announcement::default() }),
        _ => {
            let irreversible = Some("migrated".to_owned());
            Ask::Release(Announcement { version, irreversible, ..Announcement::default() })
        }
    }
}

fn proved(on: &Watched, with: u8) -> ServiceEvent {
    let last = on.world.facts().accepted.last().map(|accepted| accepted.id.clone());
    let release = last.filter(|_| with < 240).unwrap_or_else(|| "api-0".to_owned());
    let problems = if with.is_multiple_of(3) { vec!["gone".to_owned()] } else { Vec::new() };
    if with.is_multiple_of(2) {
        ServiceEvent::Kept { release, problems }
    } else {
        ServiceEvent::Proved { release, problems }
    }
}

fn play(on: &mut Watched, story: &[Drawn]) -> Vec<Action> {
    let mut actions = Vec::new();
    for drawn in story {
        actions.extend(on.pass(pause(drawn.2)));
        match (drawn.0, event(on, *drawn)) {
            // Left to chance alone, hardly a rollback would come to its end.
            (75..=79, _) => (0..12).for_each(|_| tick(on, &Outcome::Ok)),
            (140..=149, _) => (0..12).for_each(|_| done(on)),
            (_, Some(event)) => actions.extend(on.step(&event)),
            (_, None) => actions.extend(on.kill()),
        }
    }
    actions
}

/// The step at hand succeeds, and is seen to.
fn done(on: &mut Watched) {
    let Some((plan, step)) = on.step.take() else { return };
    let to = plan.to_version.clone();
    let instance = Some("c-next".to_owned());
    on.step(&happening(ServiceEvent::StepDone { rollback: plan.rollback, step, instance, output: None }));
    if step == Step::Start {
        on.step(&happening(ServiceEvent::Seen(Some(running(&to, "c-next")))));
    }
}

/// Five seconds go by, and every check is made.
fn tick(on: &mut Watched, outcome: &Outcome) {
    on.pass(secs(5));
    for check in on.policy().checks.clone() {
        let began = on.world.now;
        on.step(&happening(ServiceEvent::Sampled(sample(&check, began, outcome.clone()))));
    }
}

/// Everything goes well, or nothing, for an hour: steps are done, checks made.
fn settle(on: &mut Watched, outcome: &Outcome) {
    on.step(&Event::EngineBack);
    for _ in 0..720 {
        done(on);
        tick(on, outcome);
    }
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn invariants_hold_whatever_happens(policy in policy(), story in drawn(200)) {
        let mut on = Watched::new(policy);
        play(&mut on, &story);
    }

    #[test]
    fn the_same_events_give_the_same_actions(policy in policy(), story in drawn(60)) {
        let (mut one, mut other) = (Watched::new(policy.clone()), Watched::new(policy));
        prop_assert_eq!(play(&mut one, &story), play(&mut other, &story));
        prop_assert_eq!(&one.world.state, &other.world.state);
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn no_release_is_left_without_an_end(policy in policy(), story in drawn(80), well in any::<bool>()) {
        let mut on = Watched::new(policy);
        play(&mut on, &story);
        settle(&mut on, &if well { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) });
        let phase = &on.world.facts().phase;
        let ended = matches!(phase, Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. });
        prop_assert!(ended, "{:?}", phase);
    }

    #[test]
    fn a_kill_changes_nothing(policy in policy(), story in drawn(60), well in any::<bool>()) {
        let mut lives = Watched::new(policy);
        play(&mut lives, &story);
        let mut killed = lives.clone();
        let seen = lives.world.state.services["api"].seen.clone();
        killed.kill();
        killed.step(&happening(ServiceEvent::Seen(seen)));
        // What was put back by hand in the middle of a swap is looked at anew.
        let back = killed.world.facts().decided.as_ref().map(|decision| decision.state) == Some(Superseded);
        prop_assume!(!back || lives.world.facts().phase.into_str() != "needs-person");
        prop_assert_eq!(lives.world.facts().phase.into_str(), killed.world.facts().phase.into_str());
        // A watch that was lengthened may see more, and what passed before a kill has to pass again.
        let ends = |on: &Watched| match &on.world.facts().phase {
            Phase::Watching(watch) => Some(watch.ends),
            // A proof begins anew, with its whole time.
            Phase::Verifying(verification) => verification.proved.is_none().then_some(verification.began),
            Phase::Idle | Phase::RollingBack(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
        };
        prop_assume!(ends(&lives) == ends(&killed) && (well || ends(&lives).is_none()));
        let outcome = if well { Outcome::Ok } else { Outcome::Failed("status 500".to_owned()) };
        settle(&mut lives, &outcome);
        settle(&mut killed, &outcome);
        let (lives, killed) = (lives.world.facts(), killed.world.facts());
        prop_assert_eq!(lives.phase.into_str(), killed.phase.into_str());
        // An adoption has its id from its time.
        let how = |facts: &Facts| facts.decided.as_ref().map(|decision| decision.state);
        prop_assert_eq!(how(lives), how(killed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 64, ..cases(3) })]

    #[test]
    fn ten_thousand_events_leave_no_more_than_a_hundred(policy in policy(), story in drawn(10_000)) {
        let mut on = Watched::new(policy);
        play(&mut on, &story);
        let size = format!("{:?}", on.world.state).len();
        prop_assert!(size < 60_000, "{} bytes:\n{:#?}", size, on.world.state);
    }
}

#[test]
fn a_deadline_is_met_to_the_millisecond() {
    let mut on = Watched::new(service_policy());
    on.step(&happening(ServiceEvent::Seen(Some(running("v1", "c-v1")))));
    on.step(&happening(ServiceEvent::Seen(Some(running("v2", "c-v2")))));
    let ends = later(on.world.now, secs(600));
    assert_eq!(on.world.state.next_deadline(), Some(ends));
    on.world.now = ends.checked_sub(Duration::from_millis(1)).unwrap();
    assert_eq!(on.step(&Event::Due), []);
    on.world.now = ends;
    on.step(&Event::Due);
    assert_eq!(on.world.state.next_deadline(), Some(later(ends, secs(600))), "put off once, undecided");
}
