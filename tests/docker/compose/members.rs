//! Who belongs to a set, and who only looks like it.

use golive::model::step::{FaultKind, Step};

use super::{NEW, OLD, Project};

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
