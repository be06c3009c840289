//! A tag that a release has moved.

use super::{OLD, Project, STEPS, Story};

impl Project {
    /// v1 and v2 go by the same tag, as images that are built or pulled do.
    async fn moved(&self) -> Story {
        let live = self.image("live");
        let tag = |version: &str| self.bench.docker(&["tag", &self.image(version), &live]);
        for name in ["shop.yml", "v2.yml"] {
            let text = std::fs::read_to_string(self.dir.path().join(name)).unwrap();
            let app = format!("{}-app:v", self.name());
            let text = text.replace(&format!("{app}1"), &live).replace(&format!("{app}2"), &live);
            self.file(name, &text);
        }
        tag("v1");
        self.up(&OLD, &[]);
        let v1 = self.seen().await;
        let good = self.runtime().keep("r1", &v1.instance).await.unwrap();
        tag("v2");
        self.up(&OLD, &[]);
        self.story(v1, good).await
    }

    fn live(&self) -> String {
        self.bench.docker(&["image", "inspect", "--format", "{{.Id}}", &self.image("live")])
    }
}

#[tokio::test]
async fn a_moved_tag_is_put_back() {
    let project = Project::new();
    let story = project.moved().await;
    assert_ne!(project.live(), story.v1.identity.image);
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
    assert_eq!(project.live(), story.v1.identity.image);
    let restored = project.inspect("api")["Id"].clone();
    project.up(&OLD, &[]);
    assert_eq!(project.inspect("api")["Id"], restored, "up with the old files changes nothing");
    // The restored containers are recorded in their turn, and know by which tag their image goes.
    let again = project.seen().await;
    let good = project.runtime().keep("r3", &again.instance).await.unwrap();
    project.bench.docker(&["tag", &project.image("v2"), &project.image("live")]);
    project.up(&OLD, &[]);
    let story = project.story(again, good).await;
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
    assert_eq!(project.live(), story.v1.identity.image);
}

#[tokio::test]
async fn a_moved_tag_is_left_where_it_is_when_golive_is_told_so() {
    let mut project = Project::new();
    project.retag = false;
    let story = project.moved().await;
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
    assert_eq!(project.live(), story.v2.identity.image);
}

#[tokio::test]
async fn pins_outlast_the_tags_and_go_when_they_are_dropped() {
    let project = Project::new();
    let story = project.moved().await;
    project.bench.docker(&["rmi", &project.image("v1")]);
    assert_eq!(project.runtime().prove(&story.good).await.unwrap(), [""; 0]);
    project.steps(&story, &STEPS).await;
    project.assert_all_run("v1");
    let kept = || project.bench.containers(&format!("golive-pin-{}", project.name())).len();
    assert_eq!(kept(), 2, "one an image, though each release has two members of it");
    project.runtime().forget("r1", Some(&story.good)).await.unwrap();
    assert_eq!(kept(), 1);
}

#[tokio::test]
async fn one_pin_holds_an_image_for_as_long_as_a_release_needs_it() {
    let project = Project::new();
    project.up(&OLD, &[]);
    let (v1, runtime) = (project.seen().await, project.runtime());
    let mut records = Vec::new();
    for release in ["r1", "r2", "r3"] {
        records.push(runtime.keep(release, &v1.instance).await.unwrap());
    }
    let pins = || project.bench.containers(&format!("golive-pin-{}", project.name()));
    let pin = pins();
    assert_eq!(pin.len(), 1, "{pin:?}");
    let name = pin.keys().next().unwrap();
    project.bench.docker(&["rm", name]);
    assert_eq!(runtime.prove(&records[0]).await.unwrap(), [""; 0]);
    assert_eq!(pins(), pin, "it is put back");
    for (record, left) in records.iter().zip([1, 1, 0]) {
        for _ in 0..2 {
            runtime.forget(&record.release, Some(record)).await.unwrap();
        }
        assert_eq!(pins().len(), left, "{}", record.release);
    }
    let tags = project.bench.docker(&["image", "inspect", "-f", "{{.RepoTags}}", &project.image("v1")]);
    assert!(!tags.contains("golive/pin"), "{tags}");
}
