//! Who belongs to a set, and who only looks like it.

use golive::model::step::{FaultKind, Step};

use super::{NEW, OLD, Project, STEPS};

#[tokio::test]
async fn what_only_carries_the_labels_of_its_image_is_no_member() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let v1 = project.seen().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    let snapshot = project.image("snapshot");
    let stray = project.container("import");
    project.bench.docker(&["commit", &project.container("api"), &snapshot]);
    project.bench.docker(&["run", "-d", "--name", &stray, &snapshot]);
    assert_eq!(project.seen().await, v1, "a copy of a member started by hand");
    assert_eq!(project.runtime().prove(&good).await.unwrap(), [""; 0]);

    // Compose itself would take this one for the first replica of api.
    let hash = project.inspect("api")["Config"]["Labels"]["com.docker.compose.config-hash"].clone();
    let labels = [
        format!("com.docker.compose.project={}", project.name()),
        "com.docker.compose.service=api".to_owned(),
        "com.docker.compose.container-number=1".to_owned(),
        "com.docker.compose.oneoff=False".to_owned(),
        format!("com.docker.compose.config-hash={}", hash.as_str().unwrap()),
    ];
    let (twin, image) = (project.container("twin"), project.image("v1"));
    let mut run = vec!["run", "-d", "--name", &twin];
    run.extend(labels.iter().flat_map(|label| ["--label", label]));
    run.push(&image);
    project.bench.docker(&run);
    let told = format!("{} and {twin} are both api 1", project.container("api"));
    let problems = project.runtime().prove(&good).await.unwrap();
    assert!(problems.iter().any(|problem| problem.contains(&told)), "{problems:?}");
    project.up(&NEW, &["--no-deps", "worker"]);
    let story = project.story(v1, good).await;
    let fault = project.step(&story, Step::Prepare).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{}", fault.text);
    assert!(fault.text.contains(&told), "{}", fault.text);
}

/// A Compose that was disturbed leaves a new container under the name that it was to have for a moment.
#[tokio::test]
async fn what_runs_under_a_name_for_a_moment_is_a_member_where_no_other_one_is() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let v1 = project.seen().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    project.up(&NEW, &[]);
    let api = project.container("api");
    let left = format!("0123456789ab_{api}");
    project.bench.docker(&["rename", &api, &left]);
    let v2 = project.seen().await;
    assert_eq!((v2.version.as_str(), v2.alive, v2.members.len()), ("v2", true, 2));
    let fault = project.runtime().keep("r2", &v2.instance).await.unwrap_err();
    assert!(fault.text.contains("--force-recreate` gives it its own name"), "{}", fault.text);
    // Taken back as it is, by what is saved of it in the rollback.
    project.bench.docker(&["rename", &left, &api]);
    let mut story = project.story(v1, good).await;
    project.bench.docker(&["rename", &api, &left]);
    let (plan, good) = (&story.plan, Some(&story.good));
    let done = project.runtime().perform(plan, good, None, Step::Forensics).await.unwrap();
    story.bad.inspect = done.forensics.unwrap().inspect;
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
}
