//! The way back out of a set's rollback.

use golive::model::step::{FaultKind, Step};
use golive_fixtures::port::free_port;

use super::{Project, STEPS, Story};

/// v2 runs as it did before: the same containers, or ones like them.
async fn as_before(project: &Project, story: &Story) {
    project.assert_all_run("v2");
    let seen = project.seen().await;
    assert_eq!(seen.identity, story.v2.identity);
    assert_eq!(project.inspect("api")["HostConfig"]["RestartPolicy"]["Name"], "always");
}

#[tokio::test]
async fn all_of_the_bad_release_runs_again_from_any_step() {
    let project = Project::new();
    let story = project.released().await;
    for steps in 0..STEPS.len() {
        project.steps(&story, &STEPS[..steps]).await;
        for _ in 0..2 {
            let done = project.step(&story, Step::Undo).await.unwrap();
            assert_eq!(done.instance.as_ref(), Some(&story.v2.instance), "after {steps} steps");
        }
        as_before(&project, &story).await;
    }
}

#[tokio::test]
async fn a_second_member_that_cannot_start_undoes_the_first() {
    let project = Project::new();
    let port = free_port();
    let text = std::fs::read_to_string(project.dir.path().join("shop.yml")).unwrap();
    let ports = format!("depends_on: [api]\n    ports: ['127.0.0.1:{port}:8080']");
    project.file("shop.yml", &text.replace("depends_on: [api]", &ports));
    let story = project.released().await;
    project.steps(&story, &STEPS[..7]).await;
    let thief = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let fault = project.step(&story, Step::Start).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Transient, "{}", fault.text);
    assert!(fault.text.contains(&project.container("worker")), "{}", fault.text);
    assert_eq!(project.serves("api"), "v1", "the first had started");
    // As long as the port is taken, it cannot be undone either, and that is said of the member that it is true of.
    let fault = project.step(&story, Step::Undo).await.unwrap_err();
    let told = [
        "put all of v2 back: start container".to_owned(),
        format!("{} runs v2", project.container("api")),
        format!("{} of v2 does not run", project.container("worker")),
    ];
    assert!(told.iter().all(|told| fault.text.contains(told)), "{}", fault.text);
    drop(thief);
    project.step(&story, Step::Undo).await.unwrap();
    as_before(&project, &story).await;
}

#[tokio::test]
async fn what_is_gone_is_made_anew_from_its_record() {
    for steps in [3, 6, 8] {
        let project = Project::new();
        let story = project.released().await;
        project.steps(&story, &STEPS[..steps]).await;
        let worker = story.v2.instance.split(',').next_back().unwrap();
        project.bench.docker(&["rm", "-f", worker]);
        for _ in 0..2 {
            project.step(&story, Step::Undo).await.unwrap();
            as_before(&project, &story).await;
        }
    }
}

#[tokio::test]
async fn half_of_each_is_never_left_unsaid() {
    let project = Project::new();
    // An image of its own, so that it can be taken away.
    project.bench.image_without_data("v4");
    let (api, worker) = (project.image("v2"), project.image("v4"));
    project.file(
        "v2.yml",
        &format!("version: '2.4'\nservices:\n  api:\n    image: {api}\n  worker:\n    image: {worker}\n"),
    );
    let story = project.released().await;
    project.steps(&story, &STEPS[..6]).await;
    project.runtime().forget("r2", Some(&story.bad)).await.unwrap();
    project.bench.docker(&["rm", "-f", story.v2.instance.split(',').next_back().unwrap()]);
    project.bench.docker(&["rmi", "-f", &worker]);
    let fault = project.step(&story, Step::Undo).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    let (api, worker) = (project.container("api"), project.container("worker"));
    assert!(fault.text.contains(&format!("{api} runs v2")), "{}", fault.text);
    assert!(fault.text.contains(&format!("there is no {worker}")), "{}", fault.text);
    let about = project.seen().await.about.unwrap();
    assert!(about.contains(&format!("{api} runs v2")), "{about}");
}
