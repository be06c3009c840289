//! The records of a service's releases: stored, or made and held here until the store takes them. What runs may be replaced
//! meanwhile, and then nobody could make them again.

use std::collections::BTreeMap;

use crate::daemon::chain;
use crate::model::step::{Fault, FaultKind};
use crate::runtime::{Forensics, Record};
use crate::store::{Evidence, Store, StoreError};

pub(super) struct Records {
    store: Store,
    /// Those that the store has not taken yet, by release.
    held: BTreeMap<String, Record>,
}

impl Records {
    pub(super) fn new(store: Store) -> Self {
        Self { store, held: BTreeMap::new() }
    }

    /// The record of a release; one that is held is stored first.
    pub(super) async fn of(&mut self, release: &str) -> Result<Option<Record>, Fault> {
        if let Some(held) = self.held.get(release) {
            self.save(held.clone()).await?;
        }
        match self.store.spec(release).await {
            Ok(found) => {
                Ok(found.map(|(image, inspect)| Record { release: release.to_owned(), image, inspect }))
            }
            Err(error) => Err(not_stored(&error)),
        }
    }

    /// Stores it, or holds it where the store does not take it.
    pub(super) async fn save(&mut self, record: Record) -> Result<(), Fault> {
        let Record { release, image, inspect } = &record;
        match self.store.save_spec(release, image, inspect).await {
            Ok(()) => {
                self.held.remove(release);
                Ok(())
            }
            Err(error) => {
                self.held.insert(release.clone(), record);
                Err(not_stored(&error))
            }
        }
    }

    pub(super) fn forget(&mut self, release: &str) {
        self.held.remove(release);
    }

    /// The bad release as it was, before anything of it is changed: also what undoing goes by. A record that was kept
    /// while it ran well is the better one.
    pub(super) async fn save_forensics(
        &mut self,
        release: &str,
        kept: Option<Record>,
        found: &Forensics,
    ) -> Result<Record, Fault> {
        let Forensics { inspect, logs, events, exit, oom } = found.clone();
        let evidence = Evidence { inspect: inspect.clone(), logs, events, exit, oom };
        self.store.save_forensics(release, evidence).await.map_err(|error| not_stored(&error))?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let record = Record { release: release.to_owned(), image: String::new(), inspect };
        self.save(record.clone()).await?;
        Ok(record)
    }
}

/// What the store refuses may pass; what it has not done in time may be done yet.
fn not_stored(error: &StoreError) -> Fault {
    let kind = if matches!(error, StoreError::Late { .. }) { FaultKind::Lost } else { FaultKind::Transient };
    Fault { kind, text: chain(error) }
}
