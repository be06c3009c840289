//! How many containers there are is no part of a release.

use super::{NEW, OLD, Project, STEPS};

#[tokio::test]
async fn a_rollback_keeps_the_number_of_containers() {
    keeps_the_number(Project::new).await;
}

#[tokio::test]
async fn a_rollback_keeps_the_number_of_containers_of_compose_2() {
    keeps_the_number(Project::by_v2).await;
}

async fn keeps_the_number(project: fn() -> Project) {
    for (then, now) in [(1, 3), (3, 2)] {
        let project = project();
        let scale = |number: usize| format!("worker={number}");
        project.up(&OLD, &["--scale", &scale(then)]);
        let v1 = project.seen().await;
        let good = project.runtime().keep("r1", &v1.instance).await.unwrap();
        project.up(&OLD, &["--scale", &scale(now)]);
        let scaled = project.seen().await;
        assert_eq!(scaled.identity, v1.identity, "{then} -> {now}: the same release");
        project.up(&NEW, &["--scale", &scale(now)]);
        let story = project.story(v1, good).await;
        for step in STEPS {
            for _ in 0..2 {
                project.step(&story, step).await.unwrap_or_else(|fault| panic!("{step:?}: {fault:?}"));
            }
        }
        let workers: Vec<String> =
            project.containers().into_keys().filter(|name| name.contains("worker")).collect();
        assert_eq!(workers.len(), now, "{workers:?}");
        for name in &workers {
            assert_eq!(project.bench.docker(&["exec", name, "cat", "/www/index.html"]), "v1", "{name}");
        }
        assert_eq!(project.seen().await.identity, story.v1.identity);
        let restored = project.containers();
        project.up(&OLD, &["--scale", &scale(now)]);
        assert_eq!(project.containers(), restored, "the old files change nothing");
    }
}
