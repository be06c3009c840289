//! What the watch over an engine sees of a set.

use golive::model::event::{Event, ServiceEvent};
use golive::model::running::Running;

use super::{NEW, OLD, Project, STEPS};
use crate::watch::Watching;

/// Everything that is seen until that is.
async fn until(watching: &mut Watching, wanted: impl Fn(&Running) -> bool) -> Vec<Running> {
    let mut all = Vec::new();
    loop {
        if let Event::Service { what: ServiceEvent::Seen(Some(seen)), .. } = watching.next_within(60).await {
            all.push(seen);
            if all.last().is_some_and(&wanted) {
                return all;
            }
        }
    }
}

#[tokio::test]
async fn containers_that_are_replaced_one_after_the_other_are_one_release() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let mut watching = Watching::of(&project.bench, project.watched());
    let v1 = until(&mut watching, |seen| seen.alive).await.pop().unwrap();
    assert_eq!(v1.version, "v1");
    for (files, version) in [(&NEW[..], "v2"), (&OLD[..], "v1"), (&NEW[..], "v2")] {
        let before = project.seen().await;
        project.up(files, &[]);
        let all = until(&mut watching, |seen| seen.alive && seen.version == version).await;
        let others = all.iter().filter(|seen| seen.identity != all.last().unwrap().identity);
        let others: Vec<_> = others.filter(|seen| seen.identity != before.identity).collect();
        assert!(others.is_empty(), "no half release is seen: {others:?}");
    }
}

#[tokio::test]
async fn a_member_that_dies_is_told_and_one_that_ends_is_not() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let mut watching = Watching::of(&project.bench, project.watched());
    until(&mut watching, |seen| seen.alive).await;
    let worker = project.inspect("worker")["Id"].as_str().unwrap().to_owned();
    project.bench.docker(&["kill", &worker]);
    let (died, exit, _) = watching.until_died().await;
    assert_eq!((died, exit), (worker, Some(137)));
    let stands = format!("{} of v1 does not run", project.container("worker"));
    let told = |seen: &Running| seen.about.as_ref().is_some_and(|about| about.contains(&stands));
    let seen = until(&mut watching, told).await.pop().unwrap();
    assert!(!seen.alive);
}

#[tokio::test]
async fn golives_own_doing_is_seen_at_once() {
    let project = Project::new();
    let story = project.released().await;
    let mut watching = Watching::of(&project.bench, project.watched());
    until(&mut watching, |seen| seen.version == "v2").await;
    project.steps(&story, &STEPS).await;
    let all = until(&mut watching, |seen| seen.identity == story.v1.identity && seen.alive).await;
    let successors = project.seen().await;
    for seen in all {
        let mut parts = seen.instance.split(',');
        assert!(
            parts.all(|part| story.v2.has(part) || successors.has(part)),
            "what is seen in between is of the one or the other: {}",
            seen.instance
        );
    }
}
