//! From v2 back to v1, every step done twice.

use golive::model::step::Step;
use serde_json::Value;

use super::{NEW, OLD, Project, STEPS, Story};

async fn twice(project: &Project, story: &Story) {
    for step in STEPS {
        for time in ["first", "second"] {
            let done = project.step(story, step).await;
            done.unwrap_or_else(|fault| panic!("{step:?}, the {time} time: {fault:?}"));
        }
    }
}

#[tokio::test]
async fn two_services_go_back_and_the_database_is_left_alone() {
    let project = Project::new();
    let story = project.released().await;
    assert_eq!((story.v1.version.as_str(), story.v2.version.as_str()), ("v1", "v2"));
    let about = story.v2.about.clone().unwrap();
    let runs = format!("{} runs v2", project.container("api"));
    assert!(about.contains(&runs) && about.contains("db is left alone: it keeps data in /data"), "{about}");
    let db = project.inspect("db");
    twice(&project, &story).await;
    project.assert_all_run("v1");
    let seen = project.seen().await;
    assert_eq!(seen.identity, story.v1.identity, "golive's own doing is no release");
    assert!(seen.alive);
    assert_eq!(project.inspect("api")["HostConfig"]["RestartPolicy"]["Name"], "always");
    let same = project.inspect("db");
    assert_eq!((&same["Id"], &same["State"]["StartedAt"]), (&db["Id"], &db["State"]["StartedAt"]));
    assert_eq!(project.bench.image_id("v1"), db["Image"].as_str().unwrap());

    let ids = || ["api", "db", "worker"].map(|service| project.inspect(service)["Id"].clone());
    let restored = ids();
    let told = project.up(&OLD, &[]);
    assert_eq!(ids(), restored, "the old files change nothing: {told}");
    project.assert_all_run("v1");
    project.up(&NEW, &[]);
    project.assert_all_run("v2");
    assert_eq!(project.seen().await.identity, story.v2.identity, "the bad version is known again");
}

#[tokio::test]
async fn evidence_is_kept_of_every_member() {
    let project = Project::new();
    let story = project.released().await;
    let forensics = project.step(&story, Step::Forensics).await.unwrap().forensics.unwrap();
    for service in ["api", "worker"] {
        assert!(
            forensics.logs.contains(&format!("--- {}", project.container(service))),
            "{}",
            forensics.logs
        );
    }
    let inspect: Value = serde_json::from_str(&forensics.inspect).unwrap();
    let members = inspect["members"].as_array().unwrap();
    assert_eq!(members.len(), 2);
    assert!(members.iter().all(|member| member["Config"]["Env"].to_string().contains("v2")));
}

#[tokio::test]
async fn every_replica_goes_back() {
    let project = Project::new();
    let story = project.released_by(&NEW, &["--scale", "worker=2"]).await;
    assert_eq!(story.v2.instance.split(',').count(), 3);
    twice(&project, &story).await;
    assert_eq!(project.containers().len(), 4, "{:?}", project.containers());
    let db = project.container("db");
    for name in project.containers().keys().filter(|name| **name != db) {
        assert_eq!(project.bench.docker(&["exec", name, "cat", "/www/index.html"]), "v1", "{name}");
    }
    let restored = project.containers();
    project.up(&OLD, &["--scale", "worker=2"]);
    assert_eq!(project.containers(), restored);
    assert_eq!(project.seen().await.identity, story.v1.identity);
}

#[tokio::test]
async fn what_a_release_did_not_change_is_not_touched() {
    let project = Project::new();
    let image = project.image("v2");
    project.file("v2.yml", &format!("version: '2.4'\nservices:\n  api:\n    image: {image}\n"));
    project.up(&OLD, &[]);
    let v1 = project.seen().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    // Compose makes those anew that depend on what it replaces, unless it is told not to.
    project.up(&NEW, &["--no-deps", "api"]);
    let worker = project.inspect("worker");
    let story = project.story(v1, good).await;
    assert_eq!(story.v2.version, "api v2, worker v1");
    twice(&project, &story).await;
    project.assert_all_run("v1");
    let same = project.inspect("worker");
    assert_eq!((&same["Id"], &same["State"]["StartedAt"]), (&worker["Id"], &worker["State"]["StartedAt"]));
}

#[tokio::test]
async fn what_a_release_added_goes_and_what_it_left_out_comes_back() {
    let project = Project::new();
    let image = project.image("v2");
    let db = format!("{}:v1", project.name());
    project.file(
        "other.yml",
        &format!(
            "version: '2.4'\nservices:\n  db:\n    image: {db}\n    volumes: ['data:/data']\n    \
             stop_grace_period: 1s\n  api:\n    image: {image}\n    ports: ['127.0.0.1:{}:8080']\n    \
             restart: always\n    environment: {{ROLE: api}}\n  cron:\n    image: {image}\nvolumes:\n  data: {{}}\n",
            project.port
        ),
    );
    let story = project.released_by(&["other.yml"], &["--remove-orphans"]).await;
    assert!(project.containers().contains_key(&project.container("cron")));
    assert!(!project.containers().contains_key(&project.container("worker")));
    twice(&project, &story).await;
    project.assert_all_run("v1");
    let restored = project.inspect("worker")["Id"].clone();
    project.up(&OLD, &[]);
    assert_eq!(project.inspect("worker")["Id"], restored);
}

#[tokio::test]
async fn services_that_are_named_are_all_there_is_to_it() {
    let mut project = Project::new();
    project.services = vec!["worker".to_owned()];
    let story = project.released().await;
    twice(&project, &story).await;
    assert_eq!((project.serves("api"), project.serves("worker")), ("v2".to_owned(), "v1".to_owned()));
}

#[tokio::test]
async fn with_nothing_to_go_back_to_nothing_is_touched() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let v1 = project.seen().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    let story = project.story(v1, good).await;
    let fault = project.step(&story, Step::Prepare).await.unwrap_err();
    assert!(fault.text.contains("is as it was then"), "{}", fault.text);
}

#[tokio::test]
async fn what_keeps_data_by_now_is_not_swapped_in_passing() {
    let project = Project::new();
    let image = project.image("v2");
    let more = format!("version: '2.4'\nservices:\n  worker:\n    image: {image}\n    volumes: ['/new']\n");
    project.file("v2.yml", &more);
    let story = project.released().await;
    let fault = project.step(&story, Step::Prepare).await.unwrap_err();
    assert!(fault.text.contains("service worker") && fault.text.contains("keeps data now"), "{}", fault.text);
}
