//! A rollback that was cut off anywhere is begun again from the top by a program that knows nothing.

use std::time::Duration;

use golive::model::step::{FaultKind, Step};

use crate::engine::{Bench, FORWARD};

/// Cut off after so many steps, then from the top.
async fn cut_off_after(bench: &Bench, steps: usize, args: &[&str]) {
    let story = bench.released(args).await;
    for step in &FORWARD[..steps] {
        story.step(bench, *step).await.unwrap();
    }
    story.forward(bench).await;
    story.step(bench, Step::CleanUp).await.unwrap();
    let now = story.restored(bench);
    assert_eq!(
        now["HostConfig"]["RestartPolicy"]["Name"],
        if args.contains(&"always") { "always" } else { "no" }
    );
    assert_eq!(bench.docker(&["exec", &story.name, "cat", "/data/file"]), "precious");
    let seen = bench.runtime(&story.name).seen().await.unwrap().unwrap();
    assert_eq!(seen.identity, story.v1);
}

#[tokio::test]
async fn one_container_runs_the_old_version_after_a_crash_at_any_step() {
    let bench = Bench::new();
    for steps in 0..=FORWARD.len() {
        cut_off_after(&bench, steps, &["--restart", "always", "-v", "/anonymous", "-p", "127.0.0.1::8080"])
            .await;
    }
}

#[tokio::test]
async fn a_container_run_with_rm_survives_a_crash_at_any_step() {
    let bench = Bench::new();
    // Around the stop, which is what removes it.
    for steps in [4, 5, 7] {
        cut_off_after(&bench, steps, &["--rm"]).await;
    }
}

#[tokio::test]
async fn what_an_older_rollback_left_is_removed() {
    let bench = Bench::new();
    let mut story = bench.released(&[]).await;
    story.step(&bench, Step::Create).await.unwrap();
    // That one was never finished; the next has another id.
    story.plan.rollback.push_str("-again");
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}

/// The engine finishes what it began although nobody waits: here a create call that golive never saw the end of.
#[tokio::test]
async fn a_successor_whose_creation_was_cut_off_is_found_again() {
    let bench = Bench::new();
    let network = format!("{}-net", bench.prefix);
    bench.docker(&["network", "create", &network]);
    let story = bench.released(&["--network", &network]).await;
    let runtime = bench.runtime(&story.name);
    for wait in [0, 2, 5, 10, 20] {
        let create = runtime.perform(&story.plan, Some(&story.good), Some(&story.bad), Step::Create);
        let _ = tokio::time::timeout(Duration::from_millis(wait), create).await;
    }
    let created = async {
        while let Err(fault) = story.step(&bench, Step::Create).await {
            assert_eq!(fault.kind, FaultKind::Transient, "{}", fault.text);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), created).await.expect("the engine ends what it began");
    story.forward(&bench).await;
    story.step(&bench, Step::CleanUp).await.unwrap();
    story.restored(&bench);
}
