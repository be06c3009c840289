//! What is noted of a release when it comes, beside everything else: who is to be called then, and what it brings by the
//! team's repository. Once for each release; it may be dropped at any await, and is done again at the next start while the
//! release is at hand.

use crate::config::{self, Config};
use crate::decide::action::{Action, Persist};
use crate::git;
use crate::model::content::{Circumstances, Content};
use crate::model::release::{Announcement, Release, ReleaseState};
use crate::store::{Batch, Store, StoreError};

use super::{Daemon, chain};

/// So many people are noted.
const PEOPLE: usize = 20;

impl Daemon {
    /// Releases that are watched from now on.
    pub(super) fn note_new(&self, batch: &Batch) {
        for action in batch.entries.iter().flat_map(|entry| &entry.actions) {
            if let Action::Persist(Persist::File { release, state: ReleaseState::Watching, .. }) = action {
                self.note(&release.service, release.id.clone());
            }
        }
    }

    /// Releases that an earlier run watched.
    pub(super) fn note_at_hand(&self) {
        for service in self.config.services.keys() {
            if let Some(release) = self.state.recorded_under(service) {
                self.note(service, release.to_owned());
            }
        }
    }

    fn note(&self, service: &str, release: String) {
        let people = people(&self.config);
        let content = self.config.services.get(service).and_then(|service| service.content.clone());
        if people.is_empty() && content.is_none() {
            return;
        }
        let (store, token) = (self.store.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            let noted = token.run_until_cancelled(note(&store, &release, people, content)).await;
            if let Some(Err(error)) = noted {
                tracing::warn!(release, "failed to {}", chain(&error));
            }
        });
    }
}

fn people(config: &Config) -> Vec<(String, String)> {
    let people = config.people.iter().take(PEOPLE);
    people.map(|person| (person.role.clone(), person.name.clone())).collect()
}

async fn note(
    store: &Store,
    release: &str,
    people: Vec<(String, String)>,
    content: Option<config::Content>,
) -> Result<(), StoreError> {
    let Some((found, before)) = store.unnoted(release).await? else { return Ok(()) };
    let content = match (content, before) {
        (Some(content), Some(since)) if !is_said(&found) => {
            let (from, to) = (content.tag(&since), content.tag(&found.version));
            Some(Content { since, found: git::between(&content.repository, &from, &to).await })
        }
        (Some(_) | None, _) => None,
    };
    store.note(release, &Circumstances { people, content }).await
}

/// Whether somebody has said what it brings.
fn is_said(release: &Release) -> bool {
    let said = |said: &Announcement| {
        let lists = [&said.features, &said.improvements, &said.fixes, &said.config_changes];
        lists.into_iter().any(|list| !list.is_empty())
    };
    release.announcement.as_ref().is_some_and(said)
}
