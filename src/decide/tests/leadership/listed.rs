//! What a standby's own list of releases follows.

use super::*;

/// What is put on the list of releases.
fn filed(actions: &[Action]) -> Vec<(String, ReleaseState)> {
    let filed = actions.iter().filter_map(|action| match action {
        Action::Persist(Persist::File { release, state, .. }) => Some((release.version.clone(), *state)),
        _ => None,
    });
    filed.collect()
}

#[test]
fn whoever_watches_lists_what_became_of_releases() {
    let of = |version: &str, state| (version.to_owned(), state);
    let mut leader = watching();
    let mut follower = manager();
    let mut follow = |leader: &World| filed(&follower.step(&watches(leader.facts())));
    let wanted = [of("v1", ReleaseState::Accepted), of("v2", ReleaseState::Watching)];
    assert_eq!(follow(&leader), wanted);
    assert_eq!(follow(&leader), [], "once");
    samples(&mut leader, &bad(), 3);
    assert_eq!(follow(&leader), [of("v2", ReleaseState::RollingBack)]);
    for step in [Step::Prepare, Step::Forensics, Step::Update, Step::Converge] {
        done(&mut leader, step);
    }
    leader.step(&seen("v1"));
    assert_eq!(follow(&leader), [of("v2", ReleaseState::Verifying)]);
    let proved = steps(&samples(&mut leader, &Outcome::Ok, 8));
    assert_eq!(proved, [Step::CleanUp]);
    let Phase::Verifying(proof) = leader.facts().phase.clone() else { panic!("{:?}", leader.facts().phase) };
    let rollback = proof.rollback.plan.rollback;
    let (step, instance, output) = (Step::CleanUp, None, None);
    let ended = leader.step(&happening(ServiceEvent::StepDone { rollback, step, instance, output }));
    assert_eq!(filed(&ended), [of("v2", ReleaseState::RolledBack)], "{:?}", leader.facts().phase);
    assert_eq!(follow(&leader), [of("v2", ReleaseState::RolledBack)]);
    leader.step(&seen("v3"));
    assert_eq!(follow(&leader), [of("v3", ReleaseState::Watching)]);
    // It sees nothing while another one comes and is accepted.
    leader.now = later(leader.now, secs(1));
    leader.step(&seen("v4"));
    samples(&mut leader, &Outcome::Ok, 100);
    assert_eq!(follow(&leader), [of("v4", ReleaseState::Accepted), of("v3", ReleaseState::Superseded)]);
}

#[test]
fn ids_are_no_other_golives_ids() {
    let mut world = watching();
    assert!(world.facts().release.as_ref().is_some_and(|release| release.id.ends_with("-n1")));
    samples(&mut world, &bad(), 3);
    let Phase::RollingBack(rollback) = &world.facts().phase else { panic!("{:?}", world.facts().phase) };
    assert!(rollback.plan.rollback.ends_with("-n1"), "{}", rollback.plan.rollback);
    assert!(world.facts().incidents.iter().all(|incident| incident.id.ends_with("-n1")));
}
