//! The way back out: from any half-done state to something that runs.

use std::collections::BTreeMap;

use golive::model::step::{FaultKind, Step};

use crate::engine::{Bench, FORWARD, Story};

/// v2 runs as it did before, alone.
fn as_before(bench: &Bench, story: &Story) {
    let containers = bench.containers(&story.name);
    assert_eq!(containers, BTreeMap::from([(story.name.clone(), "running".to_owned())]));
    let now = bench.inspect(&story.name);
    assert_eq!(now["Id"], story.v2);
    assert_eq!(now["HostConfig"]["RestartPolicy"]["Name"], "always");
}

#[tokio::test]
async fn the_bad_release_runs_again_from_any_step() {
    let bench = Bench::new();
    for steps in 0..=FORWARD.len() {
        let story = bench.released(&["--restart", "always", "-p", "127.0.0.1::8080"]).await;
        for step in &FORWARD[..steps] {
            story.step(&bench, *step).await.unwrap();
        }
        for _ in 0..2 {
            let done = story.step(&bench, Step::Undo).await.unwrap();
            assert_eq!(done.instance.as_ref(), Some(&story.v2), "after {steps} steps");
        }
        as_before(&bench, &story);
    }
}

/// The forensics failed, and what was never accepted has no record: nothing is known of v2 but what runs.
#[tokio::test]
async fn the_restart_policy_comes_back_without_a_record_of_the_bad_release() {
    let bench = Bench::new();
    for steps in 3..=FORWARD.len() {
        let story = bench.released(&["--restart", "always"]).await;
        let step = |step| {
            let runtime = bench.runtime(&story.name);
            let (plan, good) = (&story.plan, &story.good);
            async move { runtime.perform(plan, Some(good), None, step).await.unwrap() }
        };
        for forward in FORWARD[..steps].iter().filter(|step| **step != Step::Forensics) {
            step(*forward).await;
        }
        for _ in 0..2 {
            step(Step::Undo).await;
        }
        as_before(&bench, &story);
    }
}

#[tokio::test]
async fn a_target_that_cannot_start_leaves_the_bad_release_running() {
    let bench = Bench::new();
    let network = format!("{}-net", bench.prefix);
    bench.docker(&["network", "create", &network]);
    let story = bench.released(&["--restart", "always", "--network", &network]).await;
    for step in &FORWARD[..7] {
        story.step(&bench, *step).await.unwrap();
    }
    // The network goes in the one moment when nothing runs in it.
    bench.docker(&["network", "rm", &network]);
    let fault = story.step(&bench, Step::Start).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    assert!(fault.text.contains(&network), "{}", fault.text);
    bench.docker(&["network", "create", &network]);
    bench.docker(&["network", "disconnect", "-f", &network, &story.v2]);
    bench.docker(&["network", "connect", &network, &story.v2]);
    story.step(&bench, Step::Undo).await.unwrap();
    as_before(&bench, &story);
}

#[tokio::test]
async fn a_port_that_is_taken_may_come_free() {
    let bench = Bench::new();
    let port = golive_fixtures::port::free_port();
    let story = bench.released(&["-p", &format!("127.0.0.1:{port}:8080")]).await;
    for step in &FORWARD[..7] {
        story.step(&bench, *step).await.unwrap();
    }
    let thief = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let fault = story.step(&bench, Step::Start).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient, "{}", fault.text);
    drop(thief);
    story.step(&bench, Step::Start).await.unwrap();
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}

#[tokio::test]
async fn without_the_bad_container_the_successor_is_left_running() {
    let bench = Bench::new();
    for steps in [3, 5, 6, 8] {
        let story = bench.released(&[]).await;
        for step in &FORWARD[..steps] {
            story.step(&bench, *step).await.unwrap();
        }
        bench.docker(&["rm", "-f", &story.v2]);
        for _ in 0..2 {
            let fault = story.step(&bench, Step::Undo).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::Refused);
            assert!(fault.text.contains("instead"), "{}", fault.text);
        }
        story.restored(&bench);
    }
}

#[tokio::test]
async fn with_nothing_left_that_is_said() {
    let bench = Bench::new();
    let story = bench.released(&[]).await;
    bench.docker(&["rm", "-f", &story.v2]);
    let fault = story.step(&bench, Step::Undo).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.text.contains("nothing runs"), "{}", fault.text);
}
