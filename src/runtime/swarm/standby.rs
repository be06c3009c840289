//! What a golive that only watches does for the set: it holds on its own node what accepted versions need there, and
//! says what that node lacks. It changes nothing in the Swarm.
//!
//! One task, [`keep`], beside the watch over the set, so that a slow engine holds up nobody who has to act. It may be
//! dropped at any time: what it makes it looks for first.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::docker::swarm::{belongs, text};
use crate::model::event::{Event, ServiceEvent};
use crate::model::step::Fault;

use super::images::{self, Needs};
use super::overview::Seen;
use super::record::Specs;
use super::{Swarm, shelf};

/// What is held is looked at again so often while nothing is released; when something is missing; when somebody did not
/// answer, or a record is not yet there.
const LATER: Duration = Duration::from_mins(10);
const SOON: Duration = Duration::from_mins(1);
const AGAIN: Duration = Duration::from_secs(5);

/// What is to be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    /// The accepted releases, oldest first.
    accepted: Vec<String>,
    /// The services of the set that have a task on this node.
    here: BTreeSet<String>,
}

impl Asked {
    /// As it stands on that node.
    pub(super) fn of(on: &Swarm, accepted: Vec<String>, seen: &Seen, node: &str) -> Self {
        let wanted =
            |task: &&Value| text(task, "/NodeID") == node && text(task, "/DesiredState") == "running";
        let with_tasks: BTreeSet<&str> =
            seen.tasks.iter().filter(wanted).map(|task| text(task, "/ServiceID")).collect();
        let members = seen.services.iter().filter(|json| belongs(&on.set, &json["Spec"]));
        let here = members.filter(|json| with_tasks.contains(text(json, "/ID")));
        Self { accepted, here: here.map(|json| text(json, "/Spec/Name").to_owned()).collect() }
    }
}

/// Holds what is asked for, while this golive only watches, until nobody asks any more.
pub(super) async fn keep(on: Swarm, mut asked: watch::Receiver<Option<Asked>>, events: mpsc::Sender<Event>) {
    let mut known = BTreeMap::new();
    loop {
        let now = asked.borrow_and_update().clone();
        let work = async {
            let pause = match &now {
                Some(now) => hold(&on, now, &mut known, &events).await,
                None => Ok(LATER),
            };
            let pause = pause.unwrap_or_else(|fault| {
                tracing::debug!(service = on.service, "failed to {}", fault.text);
                AGAIN
            });
            tokio::time::sleep(pause).await;
        };
        // What is asked for now is all that counts.
        tokio::select! {
            () = work => {}
            open = asked.changed() => if open.is_err() { return },
        }
    }
}

/// Does so once, and gives after how long to do it again.
async fn hold(
    on: &Swarm,
    asked: &Asked,
    known: &mut BTreeMap<String, Needs>,
    events: &mpsc::Sender<Event>,
) -> Result<Duration, Fault> {
    images::let_go_of_others(on, &asked.accepted).await?;
    known.retain(|release, _| asked.accepted.contains(release));
    let mut pause = LATER;
    for release in &asked.accepted {
        if !known.contains_key(release) {
            // Whoever acts keeps it a moment after it was accepted.
            let Some(record) = shelf::take(on, release).await? else {
                pause = AGAIN;
                continue;
            };
            known.insert(release.clone(), Needs::of(&Specs::read(&record)?));
        }
        let problems = images::held(on, release, &known[release], &asked.here).await?;
        if !problems.is_empty() {
            pause = pause.min(SOON);
        }
        let what = ServiceEvent::Proved { release: release.clone(), problems };
        let event = Event::Service { service: on.service.clone(), what };
        // When nobody receives it, nobody asks any more either.
        drop(events.send(event).await);
    }
    Ok(pause)
}
