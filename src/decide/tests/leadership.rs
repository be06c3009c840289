//! One golive acts, the others watch; whoever takes over goes on from what was written down.

use super::fixture::{World, happening, later, running, sample, secs, service_policy};
use crate::decide::action::{Action, Answer, Effect, Persist};
use crate::model::event::{Ask, Event, Leadership, Replicated, ServiceEvent};
use crate::model::facts::{Facts, Phase};
use crate::model::notice::News;
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::release::ReleaseState;
use crate::model::running::{Halted, Running};
use crate::model::sample::Outcome;
use crate::model::step::{Fault, FaultKind, Step};

mod clocks;
mod listed;

/// One of several golives that watch the same set.
fn manager() -> World {
    let mut world = World::new(manager_policy());
    assert_eq!(world.step(&Event::Started), []);
    world
}

fn manager_policy() -> ServicePolicy {
    let steps = vec![Step::Prepare, Step::Forensics, Step::Update, Step::Converge];
    ServicePolicy { shared: true, steps, ..service_policy() }
}

fn acts(kept: Option<(&Facts, bool)>) -> Event {
    let kept = kept.map(|(facts, mine)| Box::new(Replicated { facts: facts.clone(), mine }));
    happening(ServiceEvent::Leadership(Leadership::Leader { by: "n1".to_owned(), kept }))
}

fn watches(facts: &Facts) -> Event {
    let kept = Some(Box::new(Replicated { facts: facts.clone(), mine: false }));
    happening(ServiceEvent::Leadership(Leadership::Standby {
        why: "the manager a leads the Swarm".to_owned(),
        kept,
    }))
}

fn seen(version: &str) -> Event {
    // A set has no id of its own: it goes by what it is.
    happening(ServiceEvent::Seen(Some(running(version, version))))
}

fn samples(world: &mut World, outcome: &Outcome, count: u32) -> Vec<Action> {
    let mut all = Vec::new();
    for _ in 0..count {
        world.now = later(world.now, secs(10));
        all.extend(world.step(&happening(ServiceEvent::Sampled(sample("web", world.now, outcome.clone())))));
    }
    all
}

fn news(actions: &[Action]) -> Vec<News> {
    let told = actions.iter().filter_map(|action| match action {
        Action::Tell { notice, .. } => Some(notice.news.clone()),
        _ => None,
    });
    told.collect()
}

fn steps(actions: &[Action]) -> Vec<Step> {
    let steps = actions.iter().filter_map(|action| match action {
        Action::Effect(Effect::Step { step, .. }) => Some(*step),
        _ => None,
    });
    steps.collect()
}

fn bad() -> Outcome {
    Outcome::Failed("status 500".to_owned())
}

/// v1 is accepted and v2 is being watched.
fn watching() -> World {
    accept_and_watch(manager())
}

fn accept_and_watch(mut world: World) -> World {
    world.step(&acts(None));
    world.step(&seen("v1"));
    samples(&mut world, &Outcome::Ok, 3);
    assert_eq!(world.facts().accepted.len(), 1);
    world.now = later(world.now, secs(1));
    world.step(&seen("v2"));
    samples(&mut world, &Outcome::Ok, 3);
    world
}

/// The leader is about to wait for the Swarm.
fn converging() -> World {
    let mut world = watching();
    let actions = samples(&mut world, &bad(), 3);
    assert_eq!(steps(&actions), [Step::Prepare]);
    for step in [Step::Prepare, Step::Forensics, Step::Update] {
        done(&mut world, step);
    }
    world
}

fn done(world: &mut World, step: Step) -> Vec<Action> {
    let Phase::RollingBack(rollback) = world.facts().phase.clone() else {
        panic!("{:?}", world.facts().phase)
    };
    let instance = (step == Step::Update).then(|| "v1".to_owned());
    world.step(&happening(ServiceEvent::StepDone {
        rollback: rollback.plan.rollback,
        step,
        instance,
        output: None,
    }))
}

#[test]
fn nothing_is_done_before_it_is_known_who_acts() {
    let mut world = manager();
    assert_eq!(world.step(&seen("v1")), []);
    assert_eq!(samples(&mut world, &bad(), 5), []);
    assert_eq!(world.state.next_deadline(), None);
    let asked = world.step(&happening(ServiceEvent::Asked {
        by: "ann".to_owned(),
        ask: Ask::Accept { reason: None, force: false },
    }));
    let [Action::Answer(Answer::Refused { why })] = asked.as_slice() else { panic!("{asked:?}") };
    let standby_reason = matches!(why, Refusal::OnlyWatches { service, .. } if service == "api");
    assert!(standby_reason, "{why:?}");
    assert!(world.state.view().services[0].standby_reason.is_some());
}

#[test]
fn whoever_watches_shows_what_the_other_knows_and_does_nothing() {
    let leader = converging();
    let mut follower = manager();
    let only_lists = |action: &Action| matches!(action, Action::Persist(Persist::File { .. }));
    assert!(follower.step(&watches(leader.facts())).iter().all(only_lists));
    assert_eq!(follower.step(&seen("v2")), []);
    assert_eq!(samples(&mut follower, &bad(), 10), []);
    follower.now = later(follower.now, secs(100_000));
    assert_eq!(follower.step(&Event::Due), []);
    assert_eq!(follower.facts(), leader.facts());
    assert_eq!(follower.state.view().services[0].phase, "rolling-back");
    assert_eq!(follower.state.recorded_under("api"), None);
}

#[test]
fn a_rollback_is_finished_by_whoever_takes_over_and_never_begun_again() {
    let leader = converging();
    let mut next = manager();
    next.step(&watches(leader.facts()));
    next.step(&seen("v1"));
    let actions = next.step(&acts(Some((leader.facts(), false))));
    assert_eq!(steps(&actions), [Step::Converge]);
    assert_eq!(news(&actions), []);
    done(&mut next, Step::Converge);
    let mut actions = samples(&mut next, &Outcome::Ok, 5);
    let Phase::Verifying(proof) = next.facts().phase.clone() else { panic!("{:?}", next.facts().phase) };
    let rollback = proof.rollback.plan.rollback;
    assert!(proof.proved.is_some());
    actions.extend(next.step(&happening(ServiceEvent::StepDone {
        rollback,
        step: Step::CleanUp,
        instance: None,
        output: None,
    })));
    assert!(
        matches!(news(&actions).as_slice(), [News::RollbackSucceeded { .. }, News::DriftDetected]),
        "{:?}",
        news(&actions)
    );
    assert_eq!(next.facts().decided.as_ref().map(|decision| decision.state), Some(ReleaseState::RolledBack));
    assert_eq!(next.facts().rollbacks.len(), 1);
    // The first one comes back, and is told what became of it.
    let mut first = leader;
    first.step(&watches(next.facts()));
    assert_eq!(first.facts(), next.facts());
    let again = first.step(&acts(Some((next.facts(), false))));
    assert_eq!(steps(&again), []);
}

#[test]
fn what_one_wrote_down_itself_it_knows_better() {
    let mut world = watching();
    let before = world.facts().clone();
    samples(&mut world, &bad(), 3);
    let decided = world.facts().clone();
    // Killed after the decision was stored, and before it was written down for the others.
    world.kill();
    world.step(&Event::Started);
    let actions = world.step(&acts(Some((&before, true))));
    assert_eq!(steps(&actions), [Step::Prepare]);
    assert_eq!(world.facts(), &decided);
    // Another one has acted meanwhile: that counts.
    world.kill();
    world.step(&Event::Started);
    world.step(&acts(Some((&before, false))));
    assert!(matches!(world.facts().phase, Phase::Watching(_)));
}

#[test]
fn the_answer_to_a_step_comes_too_late() {
    let mut world = converging();
    let kept = world.facts().clone();
    world.step(&watches(&kept));
    assert_eq!(done(&mut world, Step::Converge), []);
    assert_eq!(world.facts(), &kept);
}

#[test]
fn what_takes_its_time_is_waited_for_but_not_for_ever() {
    let mut world = converging();
    let Phase::RollingBack(rollback) = world.facts().phase.clone() else { panic!() };
    let pending = happening(ServiceEvent::StepFailed {
        rollback: rollback.plan.rollback,
        step: Step::Converge,
        fault: Fault { kind: FaultKind::Pending, text: "wait for v1".to_owned() },
    });
    for _ in 0..50 {
        assert_eq!(world.step(&pending), []);
        world.now = later(world.now, secs(10));
        assert_eq!(steps(&world.step(&Event::Due)), [Step::Converge]);
    }
    world.now = later(world.now, secs(600));
    assert_eq!(news(&world.step(&pending)), [News::RollbackFailed]);
}

fn given_up(version: &str) -> Event {
    let given_up = Some("shop_api: update paused".to_owned());
    happening(ServiceEvent::Seen(Some(Running { given_up, ..running(version, version) })))
}

#[test]
fn an_update_that_the_swarm_paused_is_taken_back() {
    let mut world = watching();
    let actions = world.step(&given_up("v2"));
    assert_eq!(steps(&actions), [Step::Prepare]);
    assert_eq!(news(&actions), [News::RollbackStarted]);
    let Phase::RollingBack(rollback) = &world.facts().phase else { panic!() };
    assert!(matches!(rollback.reason, Reason::GivenUp { .. }));
}

#[test]
fn a_rollback_of_the_swarms_own_is_joined() {
    let mut world = watching();
    let actions = world.step(&given_up("v1"));
    assert_eq!(steps(&actions), [Step::Prepare]);
    let Phase::RollingBack(rollback) = &world.facts().phase else { panic!() };
    assert_eq!(rollback.plan.bad.as_deref(), Some("v2"), "what was left, not what runs now");
    assert_eq!(world.facts().rollbacks.len(), 1);
}

#[test]
fn a_rollback_of_the_swarms_own_to_something_else_is_no_release() {
    let mut world = watching();
    let actions = world.step(&given_up("v0"));
    assert_eq!(steps(&actions), [Step::Prepare]);
    let Phase::RollingBack(rollback) = &world.facts().phase else { panic!() };
    assert_eq!(rollback.plan.to_version, "v1");
    assert_eq!(world.step(&given_up("v0")), []);
}

#[test]
fn what_the_swarm_gave_up_long_ago_is_no_news() {
    let mut world = watching();
    world.step(&happening(ServiceEvent::Asked {
        by: "ann".to_owned(),
        ask: Ask::Accept { reason: None, force: false },
    }));
    assert_eq!(steps(&world.step(&given_up("v2"))), []);
    assert_eq!(world.facts().phase, Phase::Idle);
}

#[test]
fn the_window_begins_when_the_release_runs_everywhere() {
    let mut world = watching();
    let rolling =
        |rolling_out| happening(ServiceEvent::Seen(Some(Running { rolling_out, ..running("v2", "v2") })));
    world.step(&rolling(true));
    let told = samples(&mut world, &Outcome::Ok, 70);
    assert_eq!(news(&told), [], "the window is over, and the roll-out is not");
    world.step(&rolling(false));
    assert_eq!(news(&samples(&mut world, &Outcome::Ok, 50)), []);
    assert_eq!(news(&samples(&mut world, &Outcome::Ok, 20)), [News::ReleaseAccepted]);
    // One that does not end within an hour is put off once more, and then a person has to look.
    let mut world = watching();
    world.step(&rolling(true));
    assert_eq!(news(&samples(&mut world, &Outcome::Ok, 350)), []);
    assert_eq!(news(&samples(&mut world, &Outcome::Ok, 100)), [News::DecisionRequired]);
}

#[test]
fn what_was_halted_for_nothing_that_the_release_has_done_goes_on_once_for_each_cause() {
    let mut world = watching();
    let halted = |by: &str| {
        let halted = Some(Halted { by: by.to_owned(), why: "its node was drained".to_owned() });
        happening(ServiceEvent::Seen(Some(Running { rolling_out: true, halted, ..running("v2", "v2") })))
    };
    let goes_on = |actions: &[Action]| {
        actions.iter().filter(|it| matches!(it, Action::Effect(Effect::GoOn { .. }))).count()
    };
    let told = world.step(&halted("t1"));
    assert_eq!((goes_on(&told), news(&told)), (1, vec![News::UpdateResumed]));
    let told = world.step(&halted("t1"));
    assert_eq!((goes_on(&told), news(&told)), (0, vec![]));
    let told = world.step(&halted("t2"));
    assert_eq!((goes_on(&told), news(&told)), (1, vec![News::UpdateResumed]));
    assert!(matches!(world.facts().phase, Phase::Watching(_)), "neither failed nor accepted");
    // Somebody keeps golive from acting.
    let hold = Ask::Hold { reason: None, lasts: None };
    world.step(&happening(ServiceEvent::Asked { by: "ann".to_owned(), ask: hold }));
    assert_eq!(goes_on(&world.step(&halted("t3"))), 0);
    // A standby does nothing of the kind.
    let mut next = manager();
    next.step(&watches(world.facts()));
    assert_eq!(goes_on(&next.step(&halted("t4"))), 0);
}

#[test]
fn an_update_that_gets_nowhere_is_told_until_it_moves() {
    let mut world = watching();
    let stuck = |why: Option<&str>| {
        let stuck = why.map(str::to_owned);
        happening(ServiceEvent::Seen(Some(Running { rolling_out: true, stuck, ..running("v2", "v2") })))
    };
    assert_eq!(news(&world.step(&stuck(Some("no suitable node")))), [News::UpdateStuck]);
    assert_eq!(news(&world.step(&stuck(Some("still no suitable node")))), [], "it is told once");
    assert_eq!(news(&world.step(&stuck(None))), [News::UpdateMoves]);
    assert_eq!(news(&world.step(&stuck(Some("no suitable node")))), [News::UpdateStuck]);
}

#[test]
fn whoever_takes_over_late_watches_before_it_decides() {
    let leader = watching();
    let window = service_policy().window;
    for outcome in [Outcome::Ok, bad()] {
        let mut next = manager();
        next.now = later(leader.now, window * 3);
        next.step(&watches(leader.facts()));
        next.step(&seen("v2"));
        assert_eq!(news(&next.step(&acts(Some((leader.facts(), false))))), [], "nothing was looked at yet");
        next.now = later(next.now, secs(1));
        assert_eq!(news(&next.step(&Event::Due)), []);
        let told = samples(&mut next, &outcome, 3);
        let rolls_back = if outcome == Outcome::Ok { vec![] } else { vec![Step::Prepare] };
        assert_eq!(steps(&told), rolls_back, "three clear failures are enough, three passes are not");
    }
}

#[test]
fn that_nobody_acts_is_told_when_it_lasts() {
    let mut world = watching();
    let lost = Event::SwarmLost { why: "the Swarm has no leader (1 of 3 managers)".to_owned() };
    assert_eq!(news(&world.step(&lost)), []);
    assert!(world.state.view().swarm_error.is_some());
    world.now = later(world.now, secs(11));
    assert_eq!(news(&world.step(&Event::Due)), [News::SwarmLost]);
    assert_eq!(news(&world.step(&lost)), []);
    world.step(&Event::SwarmBack);
    assert_eq!(world.state.view().swarm_error, None);
    let took_over = Event::TookOver { from: "node-1".to_owned() };
    assert_eq!(news(&world.step(&took_over)), [News::TookOver]);
    // The other one came back, and was lost again.
    world.now = later(world.now, secs(300));
    assert_eq!(news(&world.step(&took_over)), [News::TookOver]);
    assert_eq!(world.state.view().incidents.iter().filter(|it| it.news == News::TookOver).count(), 1);
}

#[test]
fn whoever_watches_shows_what_its_own_node_lacks_until_it_acts() {
    let leader = watching();
    let mut follower = manager();
    let proved = |problems: &[&str]| {
        let problems = problems.iter().map(|problem| (*problem).to_owned()).collect();
        let release = leader.facts().accepted[0].id.clone();
        happening(ServiceEvent::Proved { release, problems })
    };
    let shown = |world: &World| world.state.view().services[0].problems.clone();
    assert_eq!(follower.step(&proved(&["early"])), []);
    assert_eq!(shown(&follower), None, "nothing is known of that release");
    follower.step(&watches(leader.facts()));
    assert_eq!(follower.step(&proved(&["its image is gone"])), [], "it is for the one that acts to tell");
    assert_eq!(shown(&follower), Some(vec!["its image is gone".to_owned()]));
    follower.step(&watches(leader.facts()));
    assert!(shown(&follower).is_some(), "nothing has changed");
    let unknown = happening(ServiceEvent::Proved { release: "api-9".to_owned(), problems: Vec::new() });
    follower.step(&unknown);
    assert!(shown(&follower).is_some_and(|problems| !problems.is_empty()));
    follower.step(&acts(Some((leader.facts(), false))));
    assert_eq!(shown(&follower), None, "more than this node is looked at now");
}
