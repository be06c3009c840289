use std::collections::BTreeMap;

use super::*;
use crate::decide::action::{Action, Answer, Effect, Persist, When};
use crate::model::beside::{Busy, Kin, Look, Norm, Other, Tick, Usual};
use crate::model::event::{Address, Ask, Kept, Standing};
use crate::model::facts::{
    Aftermath, Before, Deployment, Diverged, Facts, Hold, HostBefore, Phase, Quarantined, Rollback, Stop,
    Verification, Veto, Watch,
};
use crate::model::incident::{Incident, IncidentState};
use crate::model::past::Unjudged;
use crate::model::phrase::{Phrase, Told};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Requests, Source, Stream, Use};
use crate::model::reason::{
    Beside, Blame, Breach, Change, How, Lack, Rule, Runs, Scaled, SetReason, Unit, Unusual,
};
use crate::model::refusal::Refusal;
use crate::model::release::ReleaseState;
use crate::model::running::{Left, Member, Stage, Waits};
use crate::model::step::{Fault, FaultKind, Step};
use crate::stats::season::{Direction, Learning, Season};
use crate::store::{Deed, Evidence, Filing, Reader};

const STEPS: [Step; 18] = [
    Step::Prepare,
    Step::Forensics,
    Step::Before,
    Step::Create,
    Step::Disarm,
    Step::Stop,
    Step::SetAside,
    Step::TakeName,
    Step::Start,
    Step::Dependents,
    Step::Command,
    Step::Update,
    Step::Converge,
    Step::Verify,
    Step::CleanUp,
    Step::After,
    Step::Undo,
    Step::StandAside,
];

fn some() -> String {
    "a \"quoted\" \\ \u{0} 字".to_owned()
}

fn asks() -> Vec<Ask> {
    vec![
        Ask::Release(announcement()),
        Ask::Release(Announcement::default()),
        Ask::Accept { reason: None, force: false },
        Ask::Abort,
        Ask::Rollback { to: Some(some()), reason: None, known_bad: false },
        Ask::Plan { to: None },
        Ask::Hold { lasts: Some(Duration::from_millis(5_400_250)), reason: Some(some()) },
        Ask::Hold { lasts: None, reason: None },
        Ask::Resume,
    ]
}

fn watched() -> Event {
    Event::Watched(Reading {
        stream: Stream::Business("lag".to_owned()),
        source: Source::Prometheus,
        at: "2026-03-01T10:00:00Z".parse().unwrap(),
        measure: Measure::Value(1.5),
    })
}

fn answers() -> [Event; 2] {
    let to = Address { channel: some(), address: some() };
    let refused = Event::NotTold { to: to.clone(), notice: some(), why: some(), given_up: true };
    [Event::Told { to, notice: some() }, refused]
}

fn seen() -> Vec<Happening> {
    let set = Running { members: members(), settling: true, absent: vec![some()], left: left(), ..running() };
    vec![
        Happening::Seen(None),
        Happening::Seen(Some(running())),
        Happening::Seen(Some(Running { started: None, irreversible: None, alive: false, ..running() })),
        Happening::Seen(Some(set)),
        Happening::Empty { left: vec![some()] },
        Happening::Stands(Standing::Acts { by: some(), kept: None }),
        Happening::Stands(Standing::Watches {
            why: some(),
            kept: Some(Box::new(Kept { facts: Facts::default(), mine: true })),
        }),
    ]
}

fn events() -> Vec<Event> {
    let mut all = vec![
        Event::Started,
        Event::Due,
        Event::EngineLost { why: some() },
        Event::EngineBack,
        Event::SwarmLost { why: some() },
        Event::SwarmBack,
        Event::ClockOff { why: some() },
        Event::ClockRight,
        Event::TookOver { from: some() },
        Event::StoodStill { since: at(4) },
        Event::ConfigReloaded,
        Event::ConfigRejected { why: some() },
        Event::StoreLost { why: some() },
        watched(),
        Event::StoreBack,
        Event::StateLost { why: some() },
        Event::Acknowledged { incident: "web-1".to_owned(), by: some() },
    ];
    all.extend(answers());
    let mut happenings = seen();
    happenings.extend([
        Happening::Stopping { instance: some(), signal: "15".to_owned() },
        Happening::Died { instance: some(), asked: true, exit: Some(-137), oom: true },
        Happening::Died { instance: some(), asked: false, exit: None, oom: false },
        Happening::Sampled(sample(3, Outcome::Ok)),
        Happening::Sampled(sample(4, Outcome::Failed(some()))),
        Happening::Sampled(sample(5, Outcome::Blind(some()))),
        Happening::Kept { release: "r1".to_owned(), problems: vec![some(), some()] },
        Happening::Proved { release: "r1".to_owned(), problems: Vec::new() },
        Happening::Unpinned { release: "r1".to_owned() },
    ]);
    happenings.extend(readings().into_iter().map(Happening::Measured));
    happenings.push(Happening::Recalled(readings()));
    happenings.push(Happening::Dependency(sample(6, Outcome::Ok)));
    happenings.push(Happening::Beside(beside()));
    happenings.extend(expected());
    happenings.extend(STEPS.map(|step| Happening::StepDone {
        rollback: some(),
        step,
        instance: Some(some()).filter(|_| step == Step::Create),
        output: Some(some()).filter(|_| step == Step::Command),
    }));
    let kinds = [
        FaultKind::Unreachable,
        FaultKind::Transient,
        FaultKind::Refused,
        FaultKind::Foreign,
        FaultKind::Irreversible,
    ];
    happenings.extend(kinds.map(|kind| Happening::StepFailed {
        rollback: some(),
        step: Step::Stop,
        fault: Fault { kind, text: some() },
    }));
    happenings.extend(asks().into_iter().map(|ask| Happening::Asked { by: some(), ask }));
    all.extend(happenings.into_iter().map(happening));
    all
}

fn expected() -> [Happening; 3] {
    let learnt =
        [Ok(Box::new(season())), Err(Unjudged::Past(Learning::Gaps)), Err(Unjudged::Unknown(some()))];
    learnt.map(|learnt| Happening::Expected { metric: some(), until: at(7), learnt })
}

fn phrase() -> Phrase {
    let values = [
        Told::Nothing,
        Told::Text(some()),
        Told::Count(3),
        Told::Flag(true),
        Told::Number(-0.125),
        Told::Ratio(0.05),
        Told::Time(Duration::from_millis(90_500)),
        Told::Part(Phrase { name: "verdict.the-host".into(), values: Vec::new() }),
    ];
    let named = values.into_iter().enumerate().map(|(at, told)| (format!("value{at}").into(), told));
    Phrase { name: "verdict.of".into(), values: named.collect() }
}

fn reasons() -> Vec<Reason> {
    let cause = || Box::new(Reason::Said(some()));
    let lasted = Duration::from_millis(90_500);
    vec![
        Reason::Health { check: some(), failures: 3, limit: 3, seen: some() },
        Reason::Breach(Box::new(breach())),
        Reason::Flapping { check: some(), failures: 5, of: 10, seen: some() },
        Reason::CrashLoop { ended: 3, within: lasted, seen: some() },
        Reason::Unproved(vec![phrase()]),
        Reason::Doubts(vec![phrase()]),
        Reason::Unanswered(cause()),
        Reason::Person { by: some(), why: None },
        Reason::Blind { check: some(), lasted, seen: some() },
        Reason::Undecided { check: some() },
        Reason::OnHold { why: Some(some()), cause: cause() },
        Reason::AskFirst(cause()),
        Reason::Irreversible { why: some(), cause: cause() },
        Reason::NothingAccepted(Box::new(Reason::AskFirst(cause()))),
        Reason::Budget { per_day: 3, cause: cause() },
        Reason::Maintenance { until: at(5), cause: cause() },
        Reason::Quarantined { version: some(), at: at(5), same: true, cause: cause() },
        Reason::Unheard(cause()),
        Reason::Step { step: Step::TakeName, seen: some() },
        Reason::Stuck {
            undo: Some(some()),
            runs: Runs::Version(some()),
            cause: Box::new(Reason::Said(some())),
        },
        Reason::Stuck { undo: None, runs: Runs::Nothing, cause: Box::new(Reason::Said(some())) },
        Reason::Unverified { check: Some(some()), seen: some() },
        Reason::WrongImage { running: some(), wanted: some() },
        Reason::Superseded { version: some() },
        Reason::Stopped { waits: vec![Waits::Settling], signal: Some(some()) },
        Reason::Unfinished { waits: vec![Waits::Start(some())], lasted },
        Reason::Restarted { times: 3, seen: some() },
        Reason::Said(some()),
    ]
    .into_iter()
    .chain(blames().into_iter().map(|blame| Reason::NotToBlame { blame, cause: cause() }))
    .chain(of_sets().into_iter().map(Reason::Set))
    .collect()
}

fn of_sets() -> Vec<SetReason> {
    let how = [
        How::Missing,
        How::Ended { name: some(), exit: Some(-1) },
        How::Early { name: some(), after: Duration::from_millis(2500) },
        How::NeverWell { name: some(), exit: None },
    ];
    let beside = Beside { service: some(), then: None, now: Some(some()) };
    vec![
        SetReason::Lacks(how.map(|how| Lack { service: some(), how }).into()),
        SetReason::Partly {
            removes: vec![some()],
            leaves: vec![beside],
            cause: Box::new(Reason::Said(some())),
        },
        SetReason::Scaled(vec![Scaled { service: some(), from: 1, to: 3 }]),
        SetReason::Empty { left: vec![some()] },
    ]
}

fn identity() -> Identity {
    Identity { image: some(), spec: some() }
}

fn left() -> Vec<Left> {
    vec![Left { service: some(), identity: identity(), version: some() }]
}

fn before() -> Before {
    let counts = Counts { bad: 3, total: 9000 };
    Before { counts, upper: 0.001, dispersion: 1.5, lately: counts, edge: Some(0.25), p95: None }
}

fn readings() -> Vec<Reading> {
    let reading = |stream, measure| Reading { stream, source: Source::Prometheus, at: at(2), measure };
    let (seen, newborn) = (Counts { bad: 1, total: 20 }, Counts { bad: 0, total: 2 });
    let versions = BTreeMap::from([("v2".to_owned(), seen)]);
    let buckets = vec![Bucket { le: 2.0, count: 3 }, Bucket { le: f64::INFINITY, count: 4 }];
    let host = BTreeMap::from([("disk /var".to_owned(), 0.5)]);
    vec![
        reading(Stream::Errors, Measure::Requests(Requests { seen, newborn, versions })),
        reading(Stream::Latency, Measure::Durations(Durations { seen: buckets, newborn: Vec::new() })),
        reading(Stream::Business("orders".to_owned()), Measure::Value(2.5)),
        reading(Stream::Resources, Measure::Use(Use { host, ..Use::default() })),
        reading(Stream::Errors, Measure::Blind(some())),
        reading(Stream::Latency, Measure::Again(0.5)),
        reading(Stream::Latency, Measure::Absent(some())),
    ]
}

/// Numbers that only survive when every digit does.
fn season() -> Season {
    let past: Vec<f64> = (0..2000_u32).map(|minute| 0.1 + f64::from(minute * minute % 97) / 3.0).collect();
    Season::learn(&past, 10, Direction::Both, 0.15).unwrap()
}

fn breach() -> Breach {
    Breach {
        trigger: "error-rate".to_owned(),
        rule: Rule::Evidence,
        value: 0.25,
        limit: 0.05,
        unit: Unit::Ratio,
        samples: 75,
        bad: 18,
        over: Duration::from_secs(45),
        source: Source::Exposition,
        before: Some(0.0015),
        tolerated: Some(0.01),
        log_odds: Some(34.5),
        of: None,
        unusual: Some(Unusual {
            days: 6,
            weeks: 4,
            change: Some(Change::OfExpected(-0.1)),
            reached: 6,
            placebos: 300,
        }),
    }
}

fn beside() -> crate::model::beside::Beside {
    let norm = Norm { tolerated: 0.01, dispersion: 1.5, beyond: true };
    let quiet = Other {
        name: some(),
        kin: Kin::Apart,
        interval: Duration::from_millis(1500),
        busy: None,
        usual: None,
        errors: Vec::new(),
        slow: Vec::new(),
        looks: Vec::new(),
    };
    let tick = Tick { from: at(1), to: at(2), counts: Counts { bad: 3, total: 50 } };
    let seen = Other {
        kin: Kin::Caller,
        usual: Some(Usual { errors: norm, slow: norm }),
        errors: vec![tick],
        slow: vec![tick, tick],
        looks: vec![Look { check: some(), at: at(3), passed: false }],
        ..quiet.clone()
    };
    let released = Other { kin: Kin::Needed, busy: Some(Busy { released: Some(at(-40)) }), ..quiet.clone() };
    let held = Other { busy: Some(Busy { released: None }), ..quiet.clone() };
    crate::model::beside::Beside { at: at(4), since: at(1), others: vec![quiet, seen, released, held] }
}

fn blames() -> Vec<Blame> {
    vec![
        Blame::Release { neighbours: 2 },
        Blame::PreExisting,
        Blame::Neighbours(vec![some()]),
        Blame::Dependency(some()),
        Blame::Host(some()),
        Blame::Unknown,
        Blame::Spread { name: some(), later: Duration::from_millis(1500), calls: true, well: 2 },
        Blame::Earlier { name: some(), since: at(-75), by: Duration::from_secs(75) },
        Blame::OldToo,
        Blame::Together { name: some(), apart: Duration::from_secs(40), later: false },
        Blame::Waits { name: some(), until: at(120) },
    ]
}

fn incident(reason: Reason, state: IncidentState) -> Incident {
    Incident {
        id: "web-1".to_owned(),
        service: Some("web".to_owned()),
        release: Some("r1".to_owned()),
        tier: Tier::Urgent,
        news: News::RollbackDone { took: Duration::from_millis(20_125) },
        reason: Some(reason),
        state,
        began: at(1),
        ended: Some(at(9)),
        notices: 4,
        remind_at: Some(at(60)),
        reminders: 3,
        escalate_at: Some(at(61)),
        escalated: true,
        folded: 5,
        reopened: 2,
        calm_at: Some(at(62)),
    }
}

pub(super) fn phases() -> Vec<Phase> {
    let rollback = Rollback {
        known_bad: true,
        plan: plan(),
        reason: Reason::Said(some()),
        began: at(5),
        step: Step::SetAside,
        since: at(5),
        asked: at(6),
        attempts: 2,
        retry_at: Some(at(6)),
        successor: Some(some()),
        undoing: Some(Reason::Superseded { version: some() }),
        again: true,
    };
    vec![
        Phase::Idle,
        Phase::Watching(Watch {
            began: at(0),
            started: at(-5),
            restarted: 2,
            ends: at(600),
            extended: true,
            shadowed: true,
            before: BTreeMap::from([("error-rate".to_owned(), before())]),
            host_before: BTreeMap::from([(
                "cpu".to_owned(),
                HostBefore { host: 0.5, own: 0.25, short_since: Some(at(2)) },
            )]),
            worst_before: BTreeMap::from([("error-rate".to_owned(), 0.08)]),
            red_before: true,
            came_back: BTreeMap::from([("web".to_owned(), 2)]),
            lame: vec![some()],
            suspected: Some(at(3)),
            excused: Some(Reason::NotToBlame {
                blame: Blame::PreExisting,
                cause: Box::new(Reason::Said(some())),
            }),
        }),
        Phase::RollingBack(rollback.clone()),
        Phase::Verifying(Verification { rollback, began: at(7), proved: Some(at(8)) }),
        Phase::Held { why: Reason::Said(some()), answer_by: Some(at(3)), watched_until: at(4) },
        Phase::NeedsPerson { why: Reason::Said(some()) },
    ]
}

fn members() -> Vec<Member> {
    let stages = [
        Stage::Created,
        Stage::Running,
        Stage::Paused,
        Stage::Restarting,
        Stage::Done,
        Stage::Stopped,
        Stage::Ended { exit: Some(-1) },
        Stage::Ended { exit: None },
    ];
    let member = |stage| Member {
        id: some(),
        name: some(),
        service: some(),
        identity: identity(),
        version: some(),
        stage,
        started: Some(at(3)),
        ended: Some(at(4)),
        restarts: 7,
        start_period: Duration::from_millis(1500),
        may_end: true,
        waits_for: vec![some()],
    };
    stages.map(member).into()
}

fn deployment() -> Deployment {
    let waits = vec![
        Waits::Announced(some()),
        Waits::Settling,
        Waits::End(some()),
        Waits::Start(some()),
        Waits::StartAgain(some()),
        Waits::GoOn(some()),
        Waits::Engine,
        Waits::EndedWithEngine(some()),
    ];
    let stop = |started: Option<Timestamp>, ended: Option<Timestamp>| {
        let (name, service, signal) = (some(), some(), "15".to_owned());
        Stop { name, service, at: at(1), started, signal, ended, with_engine: true }
    };
    let stops = [("a", stop(Some(at(-9)), Some(at(2)))), ("b", stop(None, None))];
    let stops = stops.map(|(id, stop)| (id.to_owned(), stop));
    Deployment { began: at(1), waits, stops: BTreeMap::from(stops), told: true }
}

pub(super) fn facts(phase: Phase, decided: ReleaseState) -> Facts {
    let states = [IncidentState::Open, IncidentState::Acknowledged { by: some() }, IncidentState::Resolved];
    let incidents = reasons().into_iter().zip(states.into_iter().cycle());
    Facts {
        known: Some(running().identity),
        accepted: vec![release("r-1", Origin::Adopted), release("r0", Origin::Noticed)],
        release: Some(release("r1", Origin::Announced)),
        announced: Some(Release { running: None, announcement: None, ..release("r2", Origin::Announced) }),
        phase,
        decided: Some(("r0".to_owned(), decided)),
        hold: Some(Hold { by: some(), why: Some(some()), since: at(1), until: Some(at(2)) }),
        rollbacks: vec![at(-100), at(-50)],
        incidents: incidents.map(|(reason, state)| incident(reason, state)).collect(),
        lately: vec![incident(Reason::Said(some()), IncidentState::Resolved)],
        incidents_ever: 17,
        diverged: Some(Diverged {
            since: at(3),
            why: Reason::Said(some()),
            released: Some(some()),
            release: Some("r2".to_owned()),
        }),
        quarantine: vec![Quarantined {
            identity: running().identity,
            version: some(),
            release: "r2".to_owned(),
            at: at(2),
            why: Reason::Said(some()),
        }],
        veto: Some(Veto { cause: Reason::Said(some()), ends: at(9) }),
        irreversible: Some(some()),
        aftermath: Some(Aftermath {
            incident: incident(Reason::Said(some()), IncidentState::Resolved),
            since: at(1),
            until: at(300),
        }),
        deployment: Some(deployment()),
        away: true,
        blame: Some(Blame::Unknown),
    }
}

const STATES: [ReleaseState; 10] = [
    ReleaseState::Announced,
    ReleaseState::Watching,
    ReleaseState::Accepted,
    ReleaseState::RollingBack,
    ReleaseState::Verifying,
    ReleaseState::RolledBack,
    ReleaseState::RollbackFailed,
    ReleaseState::Held,
    ReleaseState::Superseded,
    ReleaseState::Aborted,
];

#[tokio::test]
async fn facts_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut all = vec![("empty".to_owned(), Facts::default())];
    for (index, state) in STATES.into_iter().enumerate() {
        let phases = phases();
        let phase = phases[index % phases.len()].clone();
        all.push((format!("service-{index}"), facts(phase, state)));
    }
    // A later value of the same service takes the place of the earlier one.
    let stale = vec![("empty".to_owned(), facts(Phase::Idle, ReleaseState::Held))];
    store.commit(Batch { facts: stale, ..batch(at(0)) }).await.unwrap();
    store.commit(Batch { facts: all.clone(), ..batch(at(1)) }).await.unwrap();
    drop(store);
    let loaded = open(dir.path()).load().await.unwrap();
    assert_eq!(loaded.into_iter().collect::<Vec<_>>(), all);
}

#[tokio::test]
async fn a_story_tells_every_event_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let filed = Action::Persist(Persist::File {
        release: release("r1", Origin::Noticed),
        state: ReleaseState::RolledBack,
        reason: Some(Reason::Said(some())),
        asked: true,
    });
    let mut entries: Vec<Entry> =
        (0..).zip(events()).map(|(second, event)| entry(at(second), Some("r1"), event)).collect();
    entries[0].actions = vec![
        filed,
        Action::Tell {
            notice: notice("n1", Tier::Urgent),
            channels: vec!["mail".to_owned()],
            when: When::Now,
        },
        Action::Effect(Effect::Step { service: "web".to_owned(), plan: plan(), step: Step::Stop }),
        Action::Answer(Answer::Refused { why: Refusal::Failed(some()) }),
        Action::Effect(Effect::ProbeNow { service: "web".to_owned() }),
    ];
    store.commit(Batch { entries: entries.clone(), ..batch(at(0)) }).await.unwrap();
    let found =
        Evidence { inspect: "{}".to_owned(), logs: some(), events: some(), exit: Some(137), oom: true };
    store.save_forensics("r1", found.clone()).await.unwrap();
    store.save_forensics("r1", Evidence::default()).await.unwrap();

    // The reader works beside the daemon.
    let story = Reader::open(dir.path()).unwrap().story("r1").unwrap().unwrap();
    assert_eq!(story.release, release("r1", Origin::Noticed));
    let filing = Filing {
        at: at(0),
        state: ReleaseState::RolledBack,
        reason: Some(Reason::Said(some())),
        asked: true,
    };
    // Microseconds are enough.
    let filings: Vec<Filing> = story.filings.into_iter().map(|one| Filing { at: at(0), ..one }).collect();
    assert_eq!((story.state, filings), (ReleaseState::RolledBack, vec![filing]));
    assert_eq!(story.forensics, Some(found), "what was found first stays");
    let told: Vec<Event> = story.moments.iter().map(|moment| moment.event.clone()).collect();
    assert_eq!(told, events());
    let deeds = &story.moments[0].deeds;
    let channels = vec!["mail".to_owned()];
    let wanted = [
        Deed::Filed { release: "r1".to_owned(), state: ReleaseState::RolledBack },
        Deed::Told { notice: notice("n1", Tier::Urgent), channels },
        Deed::Step { step: Step::Stop, plan: plan() },
        Deed::Refused { why: Refusal::Failed(some()) },
    ];
    assert_eq!(*deeds, wanted, "what is filed elsewhere is not repeated");
}

#[tokio::test]
async fn samples_are_of_one_release_and_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let sampled = |second| happening(Happening::Sampled(sample(second, Outcome::Ok)));
    let entries = vec![
        entry(at(1), Some("r1"), sampled(1)),
        entry(at(2), Some("r1"), Event::Due),
        entry(at(3), Some("r0"), sampled(3)),
        entry(at(4), Some("r1"), sampled(4)),
        Entry { service: Some("other".to_owned()), ..entry(at(5), Some("r1"), sampled(5)) },
    ];
    store.commit(Batch { entries, ..batch(at(5)) }).await.unwrap();
    let happenings = store.happenings("web", "r1").await.unwrap();
    assert_eq!(happenings, [1, 4].map(|second| Happening::Sampled(sample(second, Outcome::Ok))));
}

#[tokio::test]
async fn lists_follow_what_is_filed() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let file = |id: &str, state, reason| {
        Action::Persist(Persist::File { release: release(id, Origin::Noticed), state, reason, asked: false })
    };
    let first = vec![
        file("r1", ReleaseState::Watching, Some(Reason::Said(some()))),
        Action::Persist(Persist::Log(Incident {
            calm_at: None,
            ..incident(Reason::Said(some()), IncidentState::Open)
        })),
    ];
    let acknowledged = IncidentState::Acknowledged { by: "ann".to_owned() };
    let second = vec![
        file("r1", ReleaseState::Accepted, None),
        file("r2", ReleaseState::Held, None),
        Action::Persist(Persist::Log(Incident {
            calm_at: None,
            ..incident(Reason::Said(some()), acknowledged)
        })),
    ];
    for (second, actions) in [(1, first), (2, second)] {
        let entries = vec![Entry { actions, ..entry(at(second), Some("r1"), Event::Due) }];
        store.commit(Batch { entries, ..batch(at(second)) }).await.unwrap();
    }
    let reader = Reader::open(dir.path()).unwrap();
    let rows: Vec<_> =
        reader.releases(Some("web")).unwrap().into_iter().map(|row| (row.id, row.state)).collect();
    let row = |id: &str, state: &str| (id.to_owned(), state.to_owned());
    assert_eq!(rows, [row("r2", "held"), row("r1", "accepted")]);
    assert_eq!(reader.releases(Some("other")).unwrap(), []);
    for problems in [vec![some()], Vec::new()] {
        store.save_proof("r1", at(3), &problems).await.unwrap();
        let row = reader.releases(None).unwrap().remove(1);
        assert_eq!((row.ready, row.problems), (Some(problems.is_empty()), problems));
    }
    store.drop_proof("r1").await.unwrap();
    assert!(reader.releases(None).unwrap().iter().all(|row| row.ready.is_none() && row.proved.is_none()));
    assert_eq!(reader.latest_release(None).unwrap().as_deref(), Some("r2"));
    let story = reader.story("r1").unwrap().unwrap();
    let entries: Vec<_> = story.filings.iter().map(|filing| (filing.state, filing.reason.clone())).collect();
    let wanted = [(ReleaseState::Watching, Some(Reason::Said(some()))), (ReleaseState::Accepted, None)];
    assert_eq!(entries, wanted, "entries are added, and none is changed");
    assert_eq!(reader.story("r9").unwrap(), None);
    let incidents = reader.incidents().unwrap();
    assert_eq!(incidents.len(), 1);
    assert_eq!((incidents[0].state.as_str(), incidents[0].tier.as_str()), ("acknowledged", "urgent"));
    assert_eq!(incidents[0].detail["notices"], 4);
}

#[tokio::test]
async fn incidents_of_golive_itself_end_with_the_run_that_had_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let log = |id: &str, service: Option<&str>, state| {
        let (id, service) = (id.to_owned(), service.map(str::to_owned));
        Action::Persist(Persist::Log(Incident {
            id,
            service,
            ended: None,
            calm_at: None,
            ..incident(Reason::Said(some()), state)
        }))
    };
    let acknowledged = IncidentState::Acknowledged { by: "ann".to_owned() };
    let actions = vec![
        log("golive-store-lost-1", None, IncidentState::Open),
        log("golive-config-rejected-2", None, acknowledged),
        log("golive-1", Some("golive"), IncidentState::Open),
    ];
    let entries = vec![Entry { actions, ..entry(at(1), None, Event::Due) }];
    store.commit(Batch { entries, ..batch(at(1)) }).await.unwrap();
    for again in [70, 80] {
        store.end_own_incidents(at(again)).await.unwrap();
    }
    let ended = |row: crate::store::IncidentRow| (row.id, row.state, row.detail["ended"].clone());
    let reader = Reader::open(dir.path()).unwrap();
    let incidents: Vec<_> = reader.incidents().unwrap().into_iter().map(ended).collect();
    let row = |id: &str, state: &str, ended| (id.to_owned(), state.to_owned(), ended);
    let then = serde_json::Value::from(at(70).to_string());
    let wanted = [
        row("golive-store-lost-1", "resolved", then.clone()),
        row("golive-config-rejected-2", "resolved", then),
        row("golive-1", "open", serde_json::Value::Null),
    ];
    assert_eq!(incidents, wanted);
}

#[tokio::test]
async fn a_spec_is_kept_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.spec("r1").await.unwrap(), None);
    store.save_spec("r1", "sha256:aa", "{}").await.unwrap();
    store.save_spec("r1", "sha256:bb", "{\"a\":1}").await.unwrap();
    let wanted = ("sha256:bb".to_owned(), "{\"a\":1}".to_owned());
    assert_eq!(store.spec("r1").await.unwrap(), Some(wanted));
}

#[tokio::test]
async fn a_summary_counts_outcomes_and_shadow_decisions() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let filed = |id: &str, state, asked| {
        Action::Persist(Persist::File { release: release(id, Origin::Noticed), state, reason: None, asked })
    };
    let file = |id: &str, state| filed(id, state, false);
    let shadow = Notice { news: News::WouldRollBack, ..notice("web-1.1", Tier::Important) };
    let told = Action::Tell { notice: shadow, channels: vec!["chat".to_owned()], when: When::Now };
    let with = |id: &'static str, actions| Entry { actions, ..entry(at(1), Some(id), Event::Due) };
    let entries = vec![
        with("r1", vec![file("r1", ReleaseState::Accepted)]),
        with("r2", vec![told.clone(), file("r2", ReleaseState::Accepted)]),
        with("r3", vec![told, file("r3", ReleaseState::RolledBack)]),
        // A person went back, and a rollback that a person asked for did not succeed.
        with("r4", vec![filed("r4", ReleaseState::RolledBack, true)]),
        with("r5", vec![filed("r5", ReleaseState::RollbackFailed, true)]),
    ];
    store.commit(Batch { entries, ..batch(at(2)) }).await.unwrap();
    let rows = Reader::open(dir.path()).unwrap().summary(None).unwrap();
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.releases, row.accepted, row.rolled_back, row.rollback_failed), (5, 2, 2, 1));
    assert_eq!(row.rolled_back_by_person, 1);
    assert_eq!((row.shadow, row.shadow_accepted, row.shadow_rolled_back), (2, 1, 1));
}

#[tokio::test]
async fn what_was_seen_of_a_release_can_be_drawn() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let reading = |second, value| Reading {
        stream: Stream::Errors,
        source: Source::Prometheus,
        at: at(second),
        measure: Measure::Value(value),
    };
    let filed = Action::Persist(Persist::File {
        release: release("r1", Origin::Noticed),
        state: ReleaseState::Watching,
        reason: None,
        asked: false,
    });
    let before = Action::Persist(Persist::Remember {
        service: "web".to_owned(),
        readings: vec![reading(-60, 0.01)],
        samples: Vec::new(),
    });
    let seen = Entry {
        actions: vec![filed, before],
        ..entry(at(0), Some("r1"), happening(Happening::Seen(Some(running()))))
    };
    let measured =
        |second, value| entry(at(second), Some("r1"), happening(Happening::Measured(reading(second, value))));
    let other = entry(at(1), Some("r2"), happening(Happening::Measured(reading(1, 0.9))));
    let entries = vec![seen, other, measured(2, 0.1), measured(3, 0.2)];
    store.commit(Batch { entries, ..batch(at(3)) }).await.unwrap();

    let past = store.past("r1").await.unwrap();
    assert_eq!(past.released.unwrap().at, at(0));
    let kinds: Vec<Happening> = past.happened.into_iter().map(|(_, what)| what).collect();
    let wanted = [
        Happening::Recalled(vec![reading(-60, 0.01)]),
        Happening::Seen(Some(running())),
        Happening::Measured(reading(2, 0.1)),
        Happening::Measured(reading(3, 0.2)),
    ];
    assert_eq!(kinds.len(), 4);
    assert!(wanted.iter().all(|what| kinds.contains(what)), "{kinds:?}");
    assert_eq!(kinds[3], wanted[3]);
    let none = store.past("none").await.unwrap();
    assert_eq!((none.released, none.happened), (None, Vec::new()));
}
