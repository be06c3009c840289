//! Somebody runs `docker-compose up` in the middle of a rollback.

use golive::model::step::{FaultKind, Step};

use super::{OLD, Project, STEPS};

const V3: [&str; 2] = ["shop.yml", "v3.yml"];

async fn deployed_after(steps: std::ops::Range<usize>) {
    let project = Project::new();
    for steps in steps {
        let story = project.released().await;
        project.steps(&story, &STEPS[..steps]).await;
        // It may trip over what golive has made in between, as over any deployment beside it, and is run again then;
        // Compose 2 trips once more over what it has itself begun to remove.
        if !(0..2).any(|_| project.compose(&V3, &["up", "-d"]).status.success()) {
            project.up(&V3, &[]);
        }
        for step in STEPS[steps..].iter().chain([&Step::Undo]).filter(|step| **step != Step::Forensics) {
            let fault = project.step(&story, *step).await.unwrap_err();
            assert_eq!(fault.kind, FaultKind::Foreign, "after {steps}: {step:?}: {}", fault.text);
        }
        for _ in 0..2 {
            project.step(&story, Step::Yield).await.unwrap();
            project.assert_all_run("v3");
        }
    }
}

#[tokio::test]
async fn a_deployment_before_anything_is_stopped_is_given_way_to() {
    deployed_after(1..5).await;
}

#[tokio::test]
async fn a_deployment_while_nothing_runs_and_later_is_given_way_to() {
    deployed_after(5..STEPS.len()).await;
}

#[tokio::test]
async fn a_deployment_of_one_member_leaves_the_others_as_they_were() {
    let project = Project::new();
    for steps in 2..=6 {
        let story = project.released().await;
        project.steps(&story, &STEPS[..steps]).await;
        let deploy = ["up", "-d", "--no-deps", "api"];
        if !project.compose(&V3, &deploy).status.success() {
            assert!(project.compose(&V3, &deploy).status.success(), "after {steps}");
        }
        let fault = project.step(&story, STEPS[steps]).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Foreign, "after {steps}: {}", fault.text);
        project.step(&story, Step::Yield).await.unwrap();
        assert_eq!((project.serves("api"), project.serves("worker")), ("v3".to_owned(), "v2".to_owned()));
        assert_eq!(project.containers().len(), 3, "after {steps}: {:?}", project.containers());
    }
}

/// Compose gives a container that it is about to replace the name `<old id>_<name>` for a moment.
#[tokio::test]
async fn a_name_that_is_there_for_a_moment_is_not_recorded() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let (seen, worker) = (project.seen().await, project.container("worker"));
    let passing = format!("0123456789ab_{worker}");
    project.bench.docker(&["rename", &worker, &passing]);
    let fault = project.runtime().keep("r1", &seen.instance).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    assert!(fault.text.contains("is being replaced"), "{}", fault.text);
    project.bench.docker(&["rename", &passing, &worker]);
    project.runtime().keep("r1", &seen.instance).await.unwrap();
}

#[tokio::test]
async fn a_deployment_before_the_rollback_stops_it() {
    let project = Project::new();
    let story = project.released().await;
    project.up(&OLD, &[]);
    let fault = project.step(&story, Step::Prepare).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Foreign, "{}", fault.text);
}
