//! How a service's releases went, in figures.

use std::collections::BTreeMap;

use super::*;
use crate::decide::action::{Action, Persist};
use crate::model::incident::Incident;
use crate::model::release::ReleaseState;
use crate::store::{Figures, Reader, Scribe};

const DAY: i64 = 86_400;

struct Came {
    store: Store,
    at: i64,
    id: String,
}

impl Came {
    async fn new(store: &Store, id: &str, seconds: i64) -> Self {
        let came = Self { store: store.clone(), at: seconds, id: id.to_owned() };
        came.became(seconds, ReleaseState::Watching, false).await;
        came
    }

    async fn became(&self, seconds: i64, state: ReleaseState, asked: bool) {
        let said = Announcement { hotfix: self.id == "hotfix", ..announcement() };
        let release =
            Release { began: at(self.at), announcement: Some(said), ..release(&self.id, Origin::Noticed) };
        let filed = Action::Persist(Persist::File { release, state, reason: None, asked });
        self.entry(seconds, Event::Due, vec![filed]).await;
    }

    async fn failed(&self, seconds: i64) {
        let failed = ServiceEvent::Sampled(sample(seconds, Outcome::Failed("status 500".to_owned())));
        self.entry(seconds, happening(failed), Vec::new()).await;
    }

    async fn entry(&self, seconds: i64, event: Event, actions: Vec<Action>) {
        let entries = vec![Entry { actions, ..entry(at(seconds), Some(&self.id), event) }];
        self.store.commit(Batch { entries, ..batch(at(seconds)) }).await.unwrap();
    }
}

fn figures(dir: &Path, since: i64, now: i64) -> Figures {
    let reader = Reader::open(dir).unwrap();
    reader.figures(Some("web"), at(since), at(now)).unwrap().remove("web").unwrap_or_default()
}

/// An image's label says when it was made.
fn settings(inspect: &str, _: &dyn Fn(&str) -> String) -> BTreeMap<String, String> {
    [("label org.opencontainers.image.created".to_owned(), inspect.to_owned())].into()
}

fn near(figure: Option<f64>, wanted: f64) {
    assert!(figure.is_some_and(|figure| (figure - wanted).abs() < 1e-6), "{figure:?} is not {wanted}");
}

#[tokio::test]
async fn releases_are_counted_and_timed() {
    let dir = tempfile::tempdir().unwrap();
    // An hour before its release.
    let created = at(0) - SignedDuration::from_hours(1);
    let label = created.to_string();
    let store = Store::with_scribe(dir.path(), Scribe { settings, ..Scribe::default() }).unwrap();
    let first = Came::new(&store, "r1", 0).await;
    first.became(60, ReleaseState::Accepted, false).await;
    store.save_spec("r1", "sha256:aa", &label).await.unwrap();
    let second = Came::new(&store, "r2", DAY).await;
    second.failed(DAY + 5).await;
    second.failed(DAY + 6).await;
    second.became(DAY + 25, ReleaseState::RolledBack, false).await;
    let third = Came::new(&store, "r3", 2 * DAY).await;
    third.became(2 * DAY + 60, ReleaseState::Accepted, false).await;
    third.became(2 * DAY + 90, ReleaseState::RolledBack, true).await;
    let urgent = Incident {
        ended: Some(at(4 * DAY - 1)),
        ..Incident::new(
            "i1".to_owned(),
            Some("web".to_owned()),
            Tier::Urgent,
            News::ServiceDown,
            at(3 * DAY - 10),
        )
    };
    third.entry(3 * DAY - 10, Event::Due, vec![Action::Persist(Persist::Log(urgent))]).await;
    Came::new(&store, "r4", 3 * DAY).await;
    Came::new(&store, "r5", 4 * DAY).await;

    let all = figures(dir.path(), 0, 5 * DAY);
    assert_eq!((all.live, all.lead_time_of, all.recovery_time_of), (5, 1, 1));
    near(all.per_day, 1.0);
    near(all.lead_time, 3600.0);
    near(all.change_fail_rate, 2.0 / 3.0);
    near(all.change_fail_rate_automatic, 1.0 / 3.0);
    near(all.recovery_time, 20.0);
    near(all.recovery_time_worst, 20.0);
    near(all.rework_rate, 0.2);

    let later = figures(dir.path(), 2 * DAY, 5 * DAY);
    assert_eq!((later.live, later.lead_time, later.recovery_time), (3, None, None), "nothing is guessed");
    near(later.change_fail_rate, 1.0);
    near(later.change_fail_rate_automatic, 0.0);
    Came::new(&store, "hotfix", 4 * DAY + 60).await;
    near(figures(dir.path(), 0, 5 * DAY).rework_rate, 2.0 / 6.0);
    assert_eq!(figures(dir.path(), 9 * DAY, 9 * DAY), Figures::default());
    assert_eq!(figures(dir.path(), 4 * DAY, 4 * DAY + 60).per_day, None, "a minute says nothing of days");
}
