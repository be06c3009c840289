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
