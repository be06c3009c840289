//! The old version runs before the bad one is stopped.

use std::time::Duration;

use golive::config::Order;
use golive::model::step::{Fault, FaultKind, Step};
use golive::runtime::Done;
use golive_fixtures::port::free_port;

use crate::engine::{Bench, FORWARD, Story, answer};

async fn step(bench: &Bench, story: &Story, step: Step) -> Result<Done, Fault> {
    let runtime = bench.runtime_with(&story.name, |service| service.order = Order::StartFirst);
    runtime.perform(&story.plan, Some(&story.good), Some(&story.bad), step).await
}

/// As the core does: what is pending is asked for again.
async fn patiently(bench: &Bench, story: &Story, wanted: Step) -> Result<Done, Fault> {
    loop {
        match step(bench, story, wanted).await {
            Err(fault) if fault.kind == FaultKind::Pending => {
                tokio::time::sleep(Duration::from_millis(200)).await
            }
            result => return result,
        }
    }
}

fn running(bench: &Bench, story: &Story) -> usize {
    bench.containers(&story.name).values().filter(|state| *state == "running").count()
}

#[tokio::test]
async fn one_of_them_runs_at_every_moment() {
    let bench = Bench::new();
    let healthy = ["--health-cmd", "true", "--health-interval", "1s"];
    let story = bench.released(&healthy).await;
    for wanted in FORWARD.into_iter().chain([Step::CleanUp]) {
        for _ in ["once", "twice"] {
            let done = patiently(&bench, &story, wanted).await;
            done.unwrap_or_else(|fault| panic!("{wanted:?}: {fault:?}"));
            let both = matches!(wanted, Step::Create | Step::DisableRestart);
            assert_eq!(running(&bench, &story), if both { 2 } else { 1 }, "{wanted:?}");
        }
    }
    story.restored(&bench);
}

#[tokio::test]
async fn from_every_step_the_bad_one_can_be_put_back() {
    let bench = Bench::new();
    for until in
        [Step::Create, Step::DisableRestart, Step::Stop, Step::RenameOld, Step::RenameNew, Step::Start]
    {
        let story = bench.released(&[]).await;
        for wanted in FORWARD.into_iter().filter(|step| *step <= until) {
            patiently(&bench, &story, wanted).await.unwrap();
        }
        step(&bench, &story, Step::Undo).await.unwrap_or_else(|fault| panic!("{until:?}: {fault:?}"));
        let left = bench.containers(&story.name);
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [(story.name.clone(), "running".to_owned())]);
        assert_eq!(bench.inspect(&story.name)["Id"], story.v2.as_str(), "{until:?}");
    }
}

#[tokio::test]
async fn a_port_that_both_need_makes_it_stop_first() {
    let bench = Bench::new();
    let port = free_port();
    let story = bench.released(&["-p", &format!("127.0.0.1:{port}:8080")]).await;
    for wanted in FORWARD {
        step(&bench, &story, wanted).await.unwrap_or_else(|fault| panic!("{wanted:?}: {fault:?}"));
        if wanted == Step::Create {
            assert_eq!(running(&bench, &story), 1, "it does not run yet");
        }
    }
    assert_eq!(answer(port).await, "v1");
    let runtime = bench.runtime_with(&story.name, |service| service.order = Order::StartFirst);
    assert_eq!(runtime.stops_first().await, Some(format!("both publish the port {port}/tcp")));
}

#[tokio::test]
async fn an_old_version_that_is_not_well_beside_the_bad_one_touches_nothing() {
    let bench = Bench::new();
    let sick = ["--health-cmd", "test -e /sound", "--health-interval", "1s", "--health-retries", "1"];
    let story = bench.released(&sick).await;
    step(&bench, &story, Step::Prepare).await.unwrap();
    let fault = patiently(&bench, &story, Step::Create).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused);
    assert!(fault.text.contains("not healthy"), "{}", fault.text);
    step(&bench, &story, Step::Undo).await.unwrap();
    assert_eq!(bench.inspect(&story.name)["Id"], story.v2.as_str());
    assert_eq!(bench.containers(&story.name).len(), 1);
}
