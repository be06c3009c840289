//! What golive must not forget, in one SQLite file: state, releases, events, specs and the outbox.
//!
//! An event, what it led to, the state after it and the deliveries to be sent are one transaction, so that no decision
//! and no alert can be lost between two of them. State is kept whole beside the events rather than folded out of them
//! at every start: a changed limit must not take back a decision that was acted on.
//!
//! One connection works on a blocking thread, so that a slow disk never stops the probes, and does one thing at a time:
//! behind a disk that stands still, nothing is piled up that would be done late and again.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::clock::Clock;
use crate::decide::action::Action;
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Facts;
use crate::model::notice::Notice;

mod audit;
mod backup;
mod bundle;
mod chain;
mod circumstances;
mod covered;
mod deed;
mod error;
mod figures;
mod filing;
mod flaws;
mod follow;
mod ground;
mod journal;
mod links;
mod outbox;
mod past;
mod press;
mod proof;
mod reader;
pub mod recording;
mod releases;
mod remarks;
mod schema;
mod sound;
mod spec;
mod story;
#[cfg(test)]
mod tests;
mod thread;
mod tidy;
mod told;

pub use audit::{Audit, Broken, Held};
pub use bundle::Bundle;
pub use chain::{Hashing, Kind, Link, Scribe, Sealed, Why};
pub use covered::Covered;
pub use deed::Deed;
pub use error::StoreError;
pub use figures::Figures;
pub use filing::Filing;
pub use outbox::{Delivery, NewDelivery, Twin};
pub use past::Past;
pub use reader::{DeliveryRow, IncidentRow, Reader, ReleaseRow, SummaryRow};
pub use spec::Changes;
pub use story::{Moment, Story, Told};
pub use tidy::Ages;

use error::{json, sqlite};
use flaws::{Flaws, Raw};

/// Nobody waits longer for the disk.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Samples of the release at hand that are counted again after a restart, at most; older ones no longer matter.
const RECOUNTED: u32 = 20_000;

/// The store, for the daemon. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
    /// The number of the last batch.
    batches: AtomicU64,
    flaws: Flaws,
    ledger: chain::Ledger,
    place: std::sync::Mutex<Place>,
}

/// Where it is.
#[derive(Debug)]
struct Place {
    /// The file that is open: its device and number there.
    file: (u64, u64),
    /// Held as long as the store is.
    lock: File,
}

/// One transaction.
#[derive(Debug, Clone)]
pub struct Batch {
    /// When.
    pub at: Timestamp,
    /// Events, in order.
    pub entries: Vec<Entry>,
    /// State after them, by service.
    pub facts: Vec<(String, Facts)>,
    /// Deliveries to send.
    pub deliveries: Vec<NewDelivery>,
}

/// A batch that is told from the same one given again.
#[derive(Debug)]
pub struct Numbered {
    number: u64,
    /// The batch.
    pub batch: Batch,
}

/// One event and what it led to.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The service, where it is about one.
    pub service: Option<String>,
    /// The release at hand.
    pub release: Option<String>,
    /// What happened.
    pub event: Event,
    /// What was decided.
    pub actions: Vec<Action>,
}

/// What was found of a bad release before it was taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The container as the engine described it.
    pub inspect: String,
    /// Its last log lines.
    pub logs: String,
    /// What the engine remembered of it, a line each.
    pub events: String,
    /// Its exit code.
    pub exit: Option<i64>,
    /// Whether it was killed for lack of memory.
    pub oom: bool,
}

impl Store {
    /// Opens the store in a directory, which is made if need be, for this process alone.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::with_scribe(dir, Scribe::default())
    }

    /// The same, and what becomes of a release is chained in with what the scribe draws from its story.
    pub fn with_scribe(dir: &Path, scribe: Scribe) -> Result<Self, StoreError> {
        let directory = |source| StoreError::Directory { dir: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(directory)?;
        let known = dir.join("lock").exists();
        let lock = ground::lock(dir)?;
        let path = dir.join("golive.db");
        let flaws = Flaws::default();
        if let Some(lost) = ground::look(&path, known)? {
            flaws.note(lost);
        }
        let mut connection = open(&path)?;
        let ledger = chain::Ledger::open((&mut connection, &path), scribe, Clock::wall(), &flaws)?;
        let batches = AtomicU64::new(last(&connection, &path)?);
        let file = ground::identity(&path)?.unwrap_or_default();
        let place = std::sync::Mutex::new(Place { file, lock });
        let connection = Arc::new(Mutex::new(connection));
        Ok(Self { inner: Arc::new(Inner { path, connection, batches, flaws, ledger, place }) })
    }

    /// Gives a batch its number.
    pub fn number(&self, batch: Batch) -> Arc<Numbered> {
        let number = self.inner.batches.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::new(Numbered { number, batch })
    }

    /// Stores a batch, all of it or nothing, and once, however often it is given. However long that takes: whoever does
    /// not wait for it must not take it for undone.
    pub async fn put(&self, batch: &Arc<Numbered>) -> Result<(), StoreError> {
        let (batch, inner) = (Arc::clone(batch), Arc::clone(&self.inner));
        let connection = Arc::clone(&self.inner.connection).lock_owned().await;
        self.at_work(connection, move |connection, path| {
            let transaction = connection.transaction().map_err(sqlite(path))?;
            if last(&transaction, path)? >= batch.number {
                return Ok(());
            }
            let Numbered { number, batch } = &*batch;
            let sql = "INSERT OR REPLACE INTO batch (id, number) VALUES (0, ?1)";
            let noted = transaction.prepare_cached(sql).and_then(|mut it| it.execute([number.cast_signed()]));
            noted.map_err(sqlite(path))?;
            for entry in &batch.entries {
                journal::append(&transaction, path, entry)?;
                releases::project(&transaction, path, entry, (&inner.ledger, &inner.flaws))?;
            }
            for (service, facts) in &batch.facts {
                let json = serde_json::to_string(facts).map_err(json(path))?;
                let sql = "INSERT INTO service (name, facts) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET facts = ?2";
                transaction
                    .prepare_cached(sql)
                    .and_then(|mut it| it.execute(params![service, json]))
                    .map_err(sqlite(path))?;
            }
            outbox::put(&transaction, path, batch.at, &batch.deliveries)?;
            transaction.commit().map_err(sqlite(path))
        })
        .await
    }

    /// Stores a batch that is given once.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.put(&self.number(batch)).await
    }

    /// Every service's state. One that cannot be read is put aside as it is, and the service begins anew.
    pub async fn load(&self) -> Result<BTreeMap<String, Facts>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.work(move |connection, path| {
            let mut rows =
                connection.prepare("SELECT name, CAST(facts AS TEXT) FROM service").map_err(sqlite(path))?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(sqlite(path))?;
            let mut all = BTreeMap::new();
            for row in rows {
                let (name, Raw(text)): (String, Raw) = row.map_err(sqlite(path))?;
                let facts = serde_json::from_str::<Facts>(&text);
                if let Some(facts) = inner.flaws.read(|| format!("the state of the service {name}"), facts) {
                    all.insert(name, facts);
                } else {
                    let sql = "INSERT OR IGNORE INTO unread (name, facts) SELECT name, facts FROM service WHERE name = ?1";
                    connection.execute(sql, [&name]).map_err(sqlite(path))?;
                }
            }
            Ok(all)
        })
        .await
    }

    /// What was recorded of a release, oldest first.
    pub async fn happenings(&self, service: &str, release: &str) -> Result<Vec<ServiceEvent>, StoreError> {
        let (service, release) = (service.to_owned(), release.to_owned());
        let inner = Arc::clone(&self.inner);
        self.work(move |connection, path| {
            journal::happenings(connection, path, (&service, &release), RECOUNTED, &inner.flaws)
        })
        .await
    }

    /// Stores what was found of a bad release; what was stored first stays, because it is nearest to the fault.
    pub async fn save_forensics(&self, release: &str, found: Evidence) -> Result<(), StoreError> {
        let release = release.to_owned();
        self.work(move |connection, path| {
            let sql = "INSERT OR IGNORE INTO evidence (release, inspect, logs, exit, oom, events) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let row = params![release, found.inspect, found.logs, found.exit, found.oom, found.events];
            connection.execute(sql, row).map(drop).map_err(sqlite(path))
        })
        .await
    }

    /// Notes what stands in the way of going back to a release that is kept.
    pub async fn save_proof(
        &self,
        release: &str,
        at: Timestamp,
        problems: &[String],
    ) -> Result<(), StoreError> {
        let (release, problems) = (release.to_owned(), problems.to_vec());
        self.work(move |connection, path| proof::save(connection, path, (&release, at, &problems))).await
    }

    /// Notes that a release is not kept any more.
    pub async fn drop_proof(&self, release: &str) -> Result<(), StoreError> {
        let release = release.to_owned();
        self.work(move |connection, path| proof::drop_one(connection, path, &release)).await
    }

    /// Ends the incidents of golive itself that an earlier run left open: they stood for what was so then, and what
    /// is still so opens new ones.
    pub async fn end_own_incidents(&self, at: Timestamp) -> Result<(), StoreError> {
        self.work(move |connection, path| releases::end_own(connection, path, at)).await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &Path) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = async {
            let connection = Arc::clone(&self.inner.connection).lock_owned().await;
            self.at_work(connection, work).await
        };
        let late = |_| Err(StoreError::Late { path: self.inner.path.clone() });
        tokio::time::timeout(PATIENCE, done).await.unwrap_or_else(late)
    }

    /// What has begun comes to its end, whoever waits for it.
    async fn at_work<T: Send + 'static>(
        &self,
        mut connection: OwnedMutexGuard<Connection>,
        work: impl FnOnce(&mut Connection, &Path) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || work(&mut connection, &inner.path));
        done.await.unwrap_or_else(|_| Err(StoreError::Late { path: self.inner.path.clone() }))
    }
}

/// The number of the last batch that is stored.
fn last(connection: &Connection, path: &Path) -> Result<u64, StoreError> {
    let sql = "SELECT number FROM batch";
    let number =
        connection.prepare_cached(sql).and_then(|mut it| it.query_row([], |row| row.get(0)).optional());
    Ok(number.map_err(sqlite(path))?.map_or(0, i64::cast_unsigned))
}

/// Opens the file for writing, makes it if it is not there, refuses it if it is not right.
fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(path)?;
    restrict(path)?;
    if schema::version(&connection, path)? == 0 {
        // Before anything else is in it, or not at all.
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL").map_err(sqlite(path))?;
    }
    connection.pragma_update(None, "journal_mode", "WAL").map_err(sqlite(path))?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sqlite(path))?;
    schema::complete(&mut connection, path)?;
    Ok(connection)
}

/// A connection for writing.
fn connect(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path).map_err(sqlite(path))?;
    // What begins by reading would be refused, not wait, when somebody else writes.
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    connection.busy_timeout(PATIENCE).map_err(sqlite(path))?;
    connection.pragma_update(None, "cache_size", -512).map_err(sqlite(path))?;
    // More than there are, so that none is compiled twice.
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Logs and alerts may tell more than everybody should read.
fn restrict(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    let only_owner = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, only_owner)
        .map_err(|source| StoreError::Directory { dir: path.to_owned(), source })
}

/// A time as it is stored: sorts as text.
fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// What is sent later has to be read again.
fn notice(text: &str) -> Result<Notice, serde_json::Error> {
    serde_json::from_str::<Notice>(text)
}

/// A service's state as text, for whoever else has to know it.
pub fn write_facts(facts: &Facts) -> Result<String, String> {
    serde_json::to_string(facts).map_err(|error| error.to_string())
}

/// A service's state from text.
pub fn read_facts(text: &str) -> Result<Facts, String> {
    serde_json::from_str::<Facts>(text).map_err(|error| error.to_string())
}
