//! Somebody else has a hand on the same containers.

use std::collections::BTreeMap;

use golive::model::step::{FaultKind, Step};

use crate::engine::{Bench, FORWARD};

#[tokio::test]
async fn a_bad_container_removed_by_hand_is_no_obstacle() {
    let bench = Bench::new();
    for steps in [1, 3, 4, 5, 6, 7] {
        let story = bench.released(&["--restart", "always"]).await;
        for step in &FORWARD[..steps] {
            story.step(&bench, *step).await.unwrap();
        }
        bench.docker(&["rm", "-f", &story.v2]);
        for step in FORWARD[steps..].iter().chain([&Step::CleanUp]) {
            story.step(&bench, *step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
        story.restored(&bench);
    }
}

#[tokio::test]
async fn a_bad_container_renamed_by_hand_is_stopped_and_left_to_its_owner() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    story.step(&bench, Step::Prepare).await.unwrap();
    let elsewhere = format!("{}-kept", bench.prefix);
    bench.docker(&["rename", &story.name, &elsewhere]);
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
    assert_eq!(bench.containers(&elsewhere)[&elsewhere], "exited");
}

#[tokio::test]
async fn a_deployment_before_the_rollback_stops_it() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    bench.docker(&["rm", "-f", &story.name]);
    bench.run(&story.name, &[], "v2");
    let fault = story.step(&bench, Step::Prepare).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Foreign, "{}", fault.text);
}

#[tokio::test]
async fn a_deployment_in_mid_rollback_is_given_way_to() {
    let bench = Bench::new();
    bench.image("v3");
    let story = bench.released(&[]).await;
    for step in &FORWARD[..6] {
        story.step(&bench, *step).await.unwrap();
    }
    let theirs = bench.run(&story.name, &[], "v3");
    for step in [Step::RenameNew, Step::Start, Step::CleanUp, Step::Undo] {
        let fault = story.step(&bench, step).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Foreign, "{step:?}: {}", fault.text);
    }
    for _ in 0..2 {
        story.step(&bench, Step::Yield).await.unwrap();
        let containers = bench.containers(&story.name);
        assert_eq!(containers, BTreeMap::from([(story.name.clone(), "running".to_owned())]));
    }
    assert_eq!(bench.inspect(&story.name)["Id"], theirs);
}

#[tokio::test]
async fn giving_way_takes_nothing_away_that_serves() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    story.forward(&bench).await;
    story.step(&bench, Step::Yield).await.unwrap();
    assert_eq!(bench.containers(&story.name)[&story.name], "running");
}

#[tokio::test]
async fn a_bad_container_started_again_by_hand_is_left_alone() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    story.forward(&bench).await;
    bench.docker(&["start", &story.v2]);
    story.step(&bench, Step::CleanUp).await.unwrap();
    let aside = format!("{}.golive-bad-{}", story.name, story.plan.rollback);
    assert_eq!(bench.containers(&story.name)[&aside], "running");
}

#[tokio::test]
async fn a_successor_removed_by_hand_is_reported() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    for step in &FORWARD[..6] {
        story.step(&bench, *step).await.unwrap();
    }
    bench.docker(&["rm", &format!("{}.golive-{}", story.name, story.plan.rollback)]);
    for step in [Step::RenameNew, Step::Start] {
        let fault = story.step(&bench, step).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    }
    story.step(&bench, Step::Undo).await.unwrap();
    assert_eq!(bench.inspect(&story.name)["Id"], story.v2);
}

#[tokio::test]
async fn a_container_whose_id_begins_like_the_name_is_another_one() {
    let bench = Bench::new();
    bench.image("v1");
    let id = bench.run(&format!("{}-x", bench.prefix), &[], "v1");
    let runtime = bench.runtime(&id[..6]);
    assert_eq!(runtime.seen().await.unwrap(), None);
}
