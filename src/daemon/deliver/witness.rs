//! The entries of the record that a message tells with its news, so that whoever has the message can vouch for them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::notice::{News, Notice};
use crate::model::witness::Witness;
use crate::store::{Kind, Store};

/// A delivery does not wait longer for them; one without is better than none.
const PATIENCE: Duration = Duration::from_secs(3);

/// By the notice's id: what each that tells an end is recorded as.
pub(super) async fn of(store: &Store, notices: impl Iterator<Item = &Notice>) -> BTreeMap<String, Witness> {
    let mut found = BTreeMap::new();
    for notice in notices {
        let (Some(kind), Some(release)) = (recorded(&notice.news), &notice.release) else { continue };
        match tokio::time::timeout(PATIENCE, store.witness(release, kind)).await {
            Ok(Ok(witness)) => {
                found.extend(witness.map(|witness| (notice.id.clone(), witness)));
            }
            Ok(Err(error)) => {
                tracing::warn!(notice = notice.id, "failed to {error}");
                break;
            }
            Err(_) => {
                tracing::warn!(notice = notice.id, "failed to read its record's entry within {PATIENCE:?}");
                break;
            }
        }
    }
    found
}

/// The entry that is made of a release when this is told.
fn recorded(news: &News) -> Option<Kind> {
    if matches!(news, News::ReleaseAccepted) {
        Some(Kind::Accepted)
    } else if matches!(news, News::RollbackSucceeded { .. }) {
        Some(Kind::RolledBack)
    } else if matches!(news, News::RollbackFailed) {
        Some(Kind::RollbackFailed)
    } else {
        None
    }
}
