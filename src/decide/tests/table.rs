//! The transition table: every phase with everything that can happen in it, once, in `table.snap`.

use std::collections::BTreeSet;
use std::path::Path;

mod places;

use places::{incident, named, places, release};

use super::fixture::{World, happening, later, running, sample, secs, service_policy, start_of_time};
use super::told;
use crate::model::drill::Level;
use crate::model::event::{Address, Ask, Event, Leadership, ServiceEvent};
use crate::model::facts::{Facts, Phase, Veto};
use crate::model::reason::Reason;
use crate::model::release::Announcement;
use crate::model::sample::Outcome;
use crate::model::step::{Fault, FaultKind, Step};
use crate::tests::golden;

const FAULTS: [FaultKind; 6] = [
    FaultKind::Unreachable,
    FaultKind::Lost,
    FaultKind::Transient,
    FaultKind::Refused,
    FaultKind::Foreign,
    FaultKind::Irreversible,
];

fn fault(kind: FaultKind) -> Event {
    let word = match kind {
        FaultKind::Unreachable => "unreachable",
        FaultKind::Lost => "lost",
        FaultKind::Transient => "transient",
        FaultKind::Refused => "refused",
        FaultKind::Foreign => "foreign",
        FaultKind::Irreversible => "irreversible",
        FaultKind::Pending => "pending",
    };
    let fault = Fault { kind, text: word.to_owned() };
    happening(ServiceEvent::StepFailed { rollback: "rb".to_owned(), step: Step::Prepare, fault })
}

fn ask(ask: Ask) -> Event {
    happening(ServiceEvent::Asked { by: "ann".to_owned(), ask })
}

fn samples() -> Vec<Event> {
    let now = later(start_of_time(), secs(30));
    [Outcome::Ok, Outcome::Failed("status 500".to_owned()), Outcome::Blind("no route".to_owned())]
        .map(|outcome| happening(ServiceEvent::Sampled(sample("web", now, outcome))))
        .to_vec()
}

/// What a provider said of a notice.
fn answers() -> [Event; 2] {
    let (to, notice) =
        (Address { channel: "oncall".to_owned(), address: String::new() }, "api-1.1".to_owned());
    let refused =
        Event::NotTold { to: to.clone(), notice: notice.clone(), why: "said".to_owned(), given_up: true };
    [Event::Told { to, notice }, refused]
}

/// What runs is stopped on request.
fn stops() -> [Event; 2] {
    let instance = || "c-v2".to_owned();
    [
        happening(ServiceEvent::Stopping { instance: instance(), signal: "15".to_owned() }),
        happening(ServiceEvent::Died { instance: instance(), asked: true, exit: Some(143), oom: false }),
    ]
}

/// A drill is asked for, and one that nobody waits for has ended.
fn drills() -> [Event; 2] {
    let ended = ServiceEvent::Drilled { drill: "d1".to_owned(), problems: Vec::new() };
    [ask(Ask::Drill { level: Level::Steps, page: true, for_real: false }), happening(ended)]
}

/// What people can ask for.
fn asks() -> [Ask; 9] {
    let announcement = Announcement { version: "v3".to_owned(), ..Announcement::default() };
    [
        Ask::Release(announcement),
        Ask::Accept { reason: None, force: false },
        Ask::Abort,
        Ask::Rollback { to: None, reason: None, known_bad: false },
        Ask::Rollback { to: Some("v0".to_owned()), reason: None, known_bad: false },
        Ask::Rollback { to: Some("v9".to_owned()), reason: None, known_bad: false },
        Ask::Plan { to: None },
        Ask::Hold { lasts: None, reason: None },
        Ask::Resume,
    ]
}

/// Everything that can happen.
fn events() -> Vec<Event> {
    let said = || "said".to_owned();
    let done = |rollback: &str| ServiceEvent::StepDone {
        rollback: rollback.to_owned(),
        step: Step::Prepare,
        instance: Some("c-next".to_owned()),
        output: None,
    };
    let seen =
        |version: &str, instance: &str| happening(ServiceEvent::Seen(Some(running(version, instance))));
    let mut events = vec![
        Event::Started,
        Event::Due,
        Event::EngineLost { why: said() },
        Event::EngineBack,
        Event::SwarmLost { why: said() },
        Event::SwarmBack,
        Event::ClockOff { why: said() },
        Event::ClockRight,
        Event::TookOver { from: "node-1".to_owned() },
        Event::StoodStill { since: start_of_time() },
        Event::ConfigReloaded,
        Event::ConfigRejected { why: said() },
        Event::StoreLost { why: said() },
        Event::StoreBack,
        Event::StateLost { why: said() },
        Event::FollowUps(Vec::new()),
        Event::Acknowledged { incident: "api-1".to_owned(), by: said() },
        happening(ServiceEvent::Seen(None)),
        happening(ServiceEvent::Empty { left: vec!["db".to_owned()] }),
        seen("v1", "c-v1"),
        seen("v1", "c-next"),
        seen("v2", "c-v2"),
        seen("v2", "c-again"),
        seen("v3", "c-v3"),
        happening(ServiceEvent::Died {
            instance: "c-v2".to_owned(),
            asked: false,
            exit: Some(1),
            oom: false,
        }),
        happening(ServiceEvent::Leadership(Leadership::Leader { by: "n1".to_owned(), kept: None })),
        happening(ServiceEvent::Leadership(Leadership::Standby {
            why: "another leads".to_owned(),
            kept: None,
        })),
        happening(ServiceEvent::Kept { release: "r1".to_owned(), problems: Vec::new() }),
        happening(ServiceEvent::Proved { release: "r1".to_owned(), problems: vec![said()] }),
        happening(ServiceEvent::Unpinned { release: "r1".to_owned() }),
        happening(ServiceEvent::AcceptanceRan { release: "r2".to_owned(), items: Vec::new() }),
    ];
    events.extend(["rb", "rb-of-before"].map(|rollback| happening(done(rollback))));
    events.extend(stops().into_iter().chain(samples()).chain(answers()).chain(drills()));
    events.extend(FAULTS.map(fault));
    events.extend(asks().map(ask));
    events
}

/// Names each event; a new kind does not compile until it has a name here.
fn name(event: &Event) -> String {
    let word = match event {
        Event::Started => "started",
        Event::Due => "due",
        Event::EngineLost { .. } => "engine lost",
        Event::EngineBack => "engine back",
        Event::SwarmLost { .. } => "swarm lost",
        Event::SwarmBack => "swarm back",
        Event::ClockOff { .. } => "clock off",
        Event::ClockRight => "clock right",
        Event::TookOver { .. } => "took over",
        Event::StoodStill { .. } => "stood still",
        Event::ConfigReloaded => "config reloaded",
        Event::ConfigRejected { .. } => "config rejected",
        Event::StoreLost { .. } => "store lost",
        Event::StoreBack => "store back",
        Event::StateLost { .. } => "state lost",
        Event::FollowUps(_) => "follow-ups",
        Event::Watched(_) => "watched",
        Event::Checked { .. } => "checked",
        Event::Told { .. } => "told",
        Event::NotTold { .. } => "not told",
        Event::Acknowledged { .. } => "acknowledged",
        Event::Service { what, .. } => return name_of(what),
    };
    word.to_owned()
}

fn name_of(what: &ServiceEvent) -> String {
    match what {
        ServiceEvent::Seen(None) => "seen nothing".to_owned(),
        ServiceEvent::Empty { .. } => "nothing to take back".to_owned(),
        ServiceEvent::Seen(Some(seen)) => format!("seen {} in {}", seen.version, seen.instance),
        ServiceEvent::Stopping { .. } => "told to stop".to_owned(),
        ServiceEvent::Died { asked: true, .. } => "died on request".to_owned(),
        ServiceEvent::Died { asked: false, .. } => "died".to_owned(),
        ServiceEvent::Sampled(sample) => match sample.outcome {
            Outcome::Ok => "sampled ok".to_owned(),
            Outcome::Failed(_) => "sampled third failure".to_owned(),
            Outcome::Blind(_) => "sampled blind".to_owned(),
        },
        ServiceEvent::Dependency(_) => "dependency sampled".to_owned(),
        ServiceEvent::Beside(_) => "others seen".to_owned(),
        ServiceEvent::Measured(_) => "measured".to_owned(),
        ServiceEvent::Recalled(_) => "recalled".to_owned(),
        ServiceEvent::Expected { .. } => "expected".to_owned(),
        ServiceEvent::Kept { problems, .. } => format!("kept, {} problems", problems.len()),
        ServiceEvent::Proved { problems, .. } => format!("proved, {} problems", problems.len()),
        ServiceEvent::Unpinned { release } => format!("the pin of {release} is gone"),
        ServiceEvent::AcceptanceRan { .. } => "acceptance ran".to_owned(),
        ServiceEvent::Drilled { problems, .. } => format!("drilled, {} problems", problems.len()),
        ServiceEvent::StepDone { rollback, .. } => format!("step done of {rollback}"),
        ServiceEvent::StepFailed { fault, .. } => format!("step failed, {}", fault.text),
        ServiceEvent::Leadership(Leadership::Leader { .. }) => "acts".to_owned(),
        ServiceEvent::Leadership(Leadership::Standby { .. }) => "watches".to_owned(),
        ServiceEvent::Asked { ask, .. } => match ask {
            Ask::Release(_) => "asked release".to_owned(),
            Ask::Accept { .. } => "asked accept".to_owned(),
            Ask::Abort => "asked abort".to_owned(),
            Ask::Rollback { to, .. } => format!("asked rollback to {}", to.as_deref().unwrap_or("last")),
            Ask::Plan { .. } => "asked plan".to_owned(),
            Ask::Hold { .. } => "asked hold".to_owned(),
            Ask::Resume => "asked resume".to_owned(),
            Ask::Drill { .. } => "asked drill".to_owned(),
            Ask::Checklist { .. } => "asked checklist".to_owned(),
        },
    }
}

/// Stands there after two failures, and takes the event in. An answer is one to the step at hand.
fn cell(place: &str, phase: &Phase, event: &Event) -> String {
    let idle = *phase == Phase::Idle;
    let runs = if idle || matches!(phase, Phase::Verifying(_)) { "v1" } else { "v2" };
    let incidents = incident(phase).into_iter().collect();
    let facts = Facts {
        incidents,
        known: Some(running(if idle { "v1" } else { "v2" }, "").identity),
        accepted: vec![release("r0", "v0"), release("r1", "v1")],
        release: (!idle).then(|| release("r2", "v2")),
        phase: phase.clone(),
        veto: place.ends_with("counting-down").then(|| Veto {
            cause: Reason::Said("broken".to_owned()),
            ends: later(start_of_time(), secs(60)),
        }),
        ..Facts::default()
    };
    let instance =
        if matches!(phase, Phase::Verifying(_)) { "c-next".to_owned() } else { format!("c-{runs}") };
    let mut world = World::with(service_policy(), facts);
    world.step(&happening(ServiceEvent::Seen(Some(running(runs, &instance)))));
    for at in [20, 25] {
        world.now = later(start_of_time(), secs(at));
        let failed = Outcome::Failed("status 500".to_owned());
        world.step(&happening(ServiceEvent::Sampled(sample("web", world.now, failed))));
    }
    world.now = later(start_of_time(), secs(30));
    if *event == Event::Due {
        world.now = world.state.next_deadline().unwrap_or(world.now).max(world.now);
    }
    let actions = world.step(&about(phase, event));
    let kinds: Vec<String> = actions.iter().map(told::kind).collect();
    format!("{}: {}", world.facts().phase.into_str(), kinds.join(", "))
}

/// The event, about the step that the phase waits for.
fn about(phase: &Phase, event: &Event) -> Event {
    let at_hand = match phase {
        Phase::RollingBack(rollback) => rollback.step,
        Phase::Verifying(verification) => verification.rollback.step,
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => Step::Stop,
    };
    let mut event = event.clone();
    if let Event::Service {
        what: ServiceEvent::StepDone { step, .. } | ServiceEvent::StepFailed { step, .. },
        ..
    } = &mut event
    {
        *step = at_hand;
    }
    event
}

#[test]
fn every_place_is_in_the_table_once_with_everything_that_can_happen() {
    let mut table = String::new();
    let mut rows = BTreeSet::new();
    for (place, phase) in places() {
        assert!(named(&phase).contains(&place), "{place} is not a {}", phase.into_str());
        table.push_str(&format!("{place}\n"));
        for event in events() {
            let name = name(&event);
            assert!(rows.insert((place, name.clone())), "{place} with \"{name}\" is there twice");
            table.push_str(&format!("  {name:<26} {}\n", cell(place, &phase, &event)).replace(" \n", "\n"));
        }
    }
    let every = places().iter().flat_map(|(_, phase)| named(phase)).collect::<BTreeSet<_>>().len();
    assert_eq!(rows.len(), every * events().len());
    golden(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/decide/tests")), "table", &table);
}

#[test]
fn kinds_are_all_in_the_list() {
    // One for each arm of `Event`, `ServiceEvent`, `Outcome`, `FaultKind` and `Ask`; `name` does not compile without.
    let names: BTreeSet<String> = events().iter().map(name).collect();
    for word in [
        "started",
        "due",
        "engine lost",
        "engine back",
        "config reloaded",
        "config rejected",
        "store lost",
        "store back",
        "told",
        "not told",
        "acknowledged",
        "seen nothing",
        "died",
        "sampled ok",
        "sampled third failure",
        "sampled blind",
        "kept",
        "proved",
        "step done",
        "step failed, unreachable",
        "step failed, lost",
        "step failed, transient",
        "step failed, refused",
        "step failed, foreign",
        "step failed, irreversible",
        "asked release",
        "asked accept",
        "asked abort",
        "asked rollback",
        "asked plan",
        "asked hold",
        "asked resume",
    ] {
        assert!(names.iter().any(|name| name.starts_with(word)), "nothing named {word}");
    }
}
