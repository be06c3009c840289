//! A set's rollback that was cut off anywhere is begun again from the top by a program that knows nothing.

use golive::model::step::Step;

use super::{Project, STEPS};

/// Cut off after so many steps, then from the top; again and again, as releases follow each other.
async fn cut_off_after(steps: std::ops::RangeInclusive<usize>) {
    let project = Project::new();
    let mut restored = None;
    for steps in steps {
        let story = project.released().await;
        if let Some(restored) = &restored {
            assert_eq!(&story.v1.instance, restored, "up with the old files changes nothing");
        }
        project.steps(&story, &STEPS[..steps]).await;
        project.steps(&story, &STEPS).await;
        project.assert_all_run("v1");
        let seen = project.seen().await;
        assert_eq!(seen.identity, story.v1.identity, "after {steps} steps");
        restored = Some(seen.instance);
    }
}

#[tokio::test]
async fn all_of_the_old_version_runs_after_a_crash_before_anything_is_stopped() {
    cut_off_after(0..=4).await;
}

#[tokio::test]
async fn all_of_the_old_version_runs_after_a_crash_while_nothing_runs_and_later() {
    cut_off_after(5..=STEPS.len()).await;
}

/// Between two members of the same step: some have it behind them, some before.
#[tokio::test]
async fn a_crash_between_two_members_is_taken_up() {
    let project = Project::new();
    let story = project.released().await;
    project.steps(&story, &STEPS[..6]).await;
    let successor =
        |service: &str| format!("{}.golive-{}.{service}.1", project.container(service), story.plan.rollback);
    project.bench.docker(&["rename", &successor("worker"), &project.container("worker")]);
    project.bench.docker(&["start", &project.container("worker")]);
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
}

/// The engine finishes what it began although nobody waits.
#[tokio::test]
async fn calls_that_were_cut_off_are_taken_up() {
    let project = Project::new();
    let story = project.released().await;
    for step in STEPS {
        for wait in [0, 5, 20] {
            let cut = std::time::Duration::from_millis(wait);
            let _ = tokio::time::timeout(cut, project.step(&story, step)).await;
        }
        let done = async {
            while let Err(fault) = project.step(&story, step).await {
                assert_eq!(fault.kind, golive::model::step::FaultKind::Transient, "{step:?}: {}", fault.text);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let done = tokio::time::timeout(std::time::Duration::from_secs(20), done).await;
        done.unwrap_or_else(|_| panic!("{step:?} holds at last"));
    }
    project.assert_all_run("v1");
    let fault = project.step(&story, Step::Command).await.unwrap_err();
    assert!(fault.text.contains("has none"), "{}", fault.text);
}
