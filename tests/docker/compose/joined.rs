//! Members that cannot do without each other, and one that only prepares something.

use super::{OLD, Project, STEPS};

#[tokio::test]
async fn a_member_in_anothers_network_is_made_anew_with_it() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.dir.path().join("shop.yml")).unwrap();
    let joined = text.replace(
        "depends_on: [api]\n    environment: {ROLE: worker}",
        "network_mode: 'service:api'\n    environment: {ROLE: worker, PORT: '8081'}",
    );
    assert_ne!(joined, text);
    project.file("shop.yml", &joined);
    // Only api is released: what lives in its network has to follow.
    let image = project.image("v2");
    project.file("v2.yml", &format!("version: '2.4'\nservices:\n  api:\n    image: {image}\n"));
    let story = project.released().await;
    for step in STEPS {
        for _ in 0..2 {
            project.step(&story, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }
    project.assert_all_run("v1");
    let (api, worker) = (project.inspect("api"), project.inspect("worker"));
    let mode = format!("container:{}", api["Id"].as_str().unwrap());
    assert_eq!(worker["HostConfig"]["NetworkMode"], mode.as_str());
    let through = ["exec", &project.container("api"), "cat", "/proc/net/tcp", "/proc/net/tcp6"];
    let ports = project.bench.docker(&through);
    assert!(ports.contains(":1F91"), "worker's 8081 is in api's network: {ports}");
    assert_eq!(project.seen().await.identity, story.v1.identity);
}

#[tokio::test]
async fn links_lead_to_the_restored_member() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.dir.path().join("shop.yml")).unwrap();
    let linked = text
        .replace("depends_on: [api]", "links: ['api:backend']\n    network_mode: bridge")
        .replace("depends_on: [db]", "network_mode: bridge");
    project.file("shop.yml", &linked);
    let story = project.released().await;
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
    let hosts = project.bench.docker(&["exec", &project.container("worker"), "cat", "/etc/hosts"]);
    let address = &project.inspect("api")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"];
    let line = hosts.lines().find(|line| line.contains("backend")).expect("the alias is there");
    assert!(line.starts_with(address.as_str().unwrap()), "{hosts}\n{address}");
}

#[tokio::test]
async fn what_has_done_its_work_is_restored_and_not_run_again() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.dir.path().join("shop.yml")).unwrap();
    let job =
        |version: &str| format!("  migrate:\n    image: {}\n    command: ['true']\n", project.image(version));
    project.file("shop.yml", &text.replace("volumes:\n  data", &format!("{}volumes:\n  data", job("v1"))));
    let two = std::fs::read_to_string(project.dir.path().join("v2.yml")).unwrap();
    project.file("v2.yml", &format!("{two}{}", job("v2")));
    let ended = || async {
        while project.containers()[&project.container("migrate")] != "exited" {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    project.up(&OLD, &[]);
    ended().await;
    let v1 = project.seen().await;
    assert!(v1.alive, "{v1:?}");
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    project.up(&super::NEW, &[]);
    ended().await;
    let story = project.story(v1, good).await;
    project.steps(&story, &STEPS).await;
    let migrate = project.inspect("migrate");
    assert_eq!(migrate["State"]["Status"], "created");
    assert_eq!(migrate["Image"], story.v1.identity.image.as_str());
    let seen = project.seen().await;
    assert!(seen.alive && seen.identity == story.v1.identity, "{seen:?}");
    assert_eq!((project.serves("api"), project.serves("worker")), ("v1".to_owned(), "v1".to_owned()));
}

/// The database is left alone, for it keeps data; worker lives in its network, and migrate did its work there.
fn lodgers(project: &Project) {
    let text = std::fs::read_to_string(project.dir.path().join("shop.yml")).unwrap();
    let image = project.image("v1");
    let joined = text
        .replace(
            "depends_on: [api]\n    environment: {ROLE: worker}",
            "network_mode: 'service:db'\n    environment: {ROLE: worker, PORT: '8081'}",
        )
        .replace(
            "volumes:\n  data",
            &format!(
                "  migrate:\n    image: {image}\n    command: ['true']\n    network_mode: 'service:db'\nvolumes:\n  data"
            ),
        );
    assert_ne!(joined, text);
    project.file("shop.yml", &joined);
    let (two, db) = (project.image("v2"), format!("{}:v1", project.name()));
    // What is left alone is made anew too, with its data.
    let layer = format!(
        "version: '2.4'\nservices:\n  db:\n    image: {db}\n    environment: {{MADE: anew}}\n  \
         api:\n    image: {two}\n  worker:\n    image: {two}\n  migrate:\n    image: {two}\n"
    );
    project.file("v2.yml", &layer);
}

#[tokio::test]
async fn who_lives_in_what_is_left_alone_is_joined_to_what_it_is_now() {
    is_joined(&Project::new()).await;
}

#[tokio::test]
async fn who_lives_in_what_is_left_alone_is_joined_to_it_after_compose_2() {
    is_joined(&Project::by_v2()).await;
}

async fn is_joined(project: &Project) {
    lodgers(project);
    project.up(&OLD, &[]);
    let v1 = project.seen_alive().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    let then = project.inspect("db")["Id"].clone();
    project.up(&super::NEW, &[]);
    let now = project.inspect("db")["Id"].as_str().unwrap().to_owned();
    assert_ne!(then, now.as_str());
    project.seen_alive().await;
    assert_eq!(project.runtime().prove(&good).await.unwrap(), [""; 0]);
    let story = project.story(v1, good).await;
    for step in STEPS {
        for _ in 0..2 {
            project.step(&story, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
        }
    }
    let mode = format!("container:{now}");
    for service in ["worker", "migrate"] {
        assert_eq!(project.inspect(service)["HostConfig"]["NetworkMode"], mode.as_str(), "{service}");
    }
    assert_eq!((project.serves("api"), project.serves("worker")), ("v1".to_owned(), "v1".to_owned()));
    assert_eq!(project.inspect("db")["Id"], now.as_str());
    let seen = project.seen().await;
    assert!(seen.alive && seen.identity == story.v1.identity, "{seen:?}");
    // Compose hashes ids of containers, so that it makes these anew from the old files: the same release all the same.
    project.up(&OLD, &[]);
    assert_eq!(project.seen_alive().await.identity, story.v1.identity);
}

#[tokio::test]
async fn what_has_done_its_work_needs_no_network_to_stand_in_for_it() {
    let project = Project::new();
    lodgers(&project);
    project.up(&OLD, &[]);
    let v1 = project.seen_alive().await;
    let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
    // The next version has no database any more, and nothing that lives in it but the job of before.
    let (two, port) = (project.image("v2"), project.port);
    let other = format!(
        "version: '2.4'\nservices:\n  api:\n    image: {two}\n    ports: ['127.0.0.1:{port}:8080']\n  \
         worker:\n    image: {two}\n    environment: {{PORT: '8081'}}\n"
    );
    project.file("other.yml", &other);
    project.up(&["other.yml"], &["--remove-orphans"]);
    project.seen_alive().await;
    let problems = project.runtime().prove(&good).await.unwrap();
    let worker = project.container("worker");
    let of_worker = problems.iter().all(|problem| problem.contains(&worker) && problem.contains("network"));
    assert!(!problems.is_empty() && of_worker, "migrate needs nothing: {problems:?}");
}
