//! The record of releases as a chain: entries are added and never changed, each is chained to the one before and signed.
//!
//! `hash = SHA-256(prev ‖ PAE)`, and the signature is over the same PAE, which is of the exact bytes of the payload. The
//! payload names its own place (number and hash before it), so that the signature vouches for that too.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::Value;

use super::flaws::Flaws;
use super::story::{self, Story};
use super::{Reader, Store, StoreError, journal, json, sqlite, text};
use crate::dsse::{Public, Signer, keyed, pae, sha256};
use crate::model::drill::Drill;
use crate::model::release::ReleaseState;
use crate::model::remark::Remark;
use crate::model::witness::Witness;

mod key;
pub(super) mod links;
mod statement;

use links::{COLUMNS, link, links_of};
pub use links::{Link, Sealed};
use statement::{Content, KeyFacts, Subject};
pub(super) use statement::{Covers, Predicate, Statement, read};
pub use statement::{Kind, Why};

/// By name, what each setting of a release is.
type Settings = BTreeMap<String, String>;

/// Hashes what may be secret.
pub type Hashing<'a> = &'a dyn Fn(&str) -> String;

/// What is written of a release, drawn by whoever knows how records look.
#[derive(Debug, Clone, Copy)]
pub struct Scribe {
    /// The facts of its record from its story, for its entry.
    pub facts: fn(&Story) -> Value,
    /// Its settings from what it can be made again from; what is secret, by a hash.
    pub settings: fn(&str, Hashing<'_>) -> BTreeMap<String, String>,
}

impl Default for Scribe {
    /// Draws nothing.
    fn default() -> Self {
        Self { facts: |_| Value::Null, settings: |_, _| BTreeMap::new() }
    }
}

/// What writes entries.
#[derive(Debug)]
pub(super) struct Ledger {
    signer: Signer,
    scribe: Scribe,
}

/// What is chained in.
struct New<'a> {
    at: Timestamp,
    kind: Kind,
    /// The release that it is about, and the rows of its journal.
    journal: Option<(&'a str, &'a [journal::Line])>,
    subject: Option<&'a Story>,
    content: Content,
}

/// What a payload hashes to behind the hash before it.
pub(super) fn hash(prev: &[u8], payload: &[u8]) -> [u8; 32] {
    sha256(&[prev, &pae(payload)])
}

impl Ledger {
    /// With the key of the directory. A key that is new is chained in, and what that means is noted.
    pub(super) fn open(
        (connection, path): (&mut Connection, &Path),
        scribe: Scribe,
        now: Timestamp,
        flaws: &Flaws,
    ) -> Result<Self, StoreError> {
        let key::Found { signer, lost, fleeting, place } = key::find(path.parent().unwrap_or(path));
        let ledger = Self { signer, scribe };
        let transaction = connection.transaction().map_err(sqlite(path))?;
        let last = current_key(&transaction, path)?;
        let public = ledger.signer.public();
        if last != Some(public) {
            let why = if last.is_none() { Why::First } else { lost.unwrap_or(Why::Another) };
            let facts = KeyFacts { public: public.hex(), replaces: last.map(|last| last.hex()), why };
            let new =
                New { at: now, kind: Kind::Key, journal: None, subject: None, content: Content::Key(facts) };
            let seq = ledger.append(&transaction, path, &new)?;
            if why != Why::First {
                let so = format!("release records from #{seq} on are signed by a new one, {}", public.id());
                flaws.note(format!("{}: {}; {so}", place.display(), why.words()));
            }
        }
        transaction.commit().map_err(sqlite(path))?;
        if let Some(why) = fleeting {
            let place = place.display();
            flaws.note(format!("{place}: {why}; until it can be, each start of golive signs by another key"));
        }
        Ok(ledger)
    }

    /// A release's settings by what it can be made again from, with the name of the key that hashes what is secret of them.
    pub(super) fn settings(&self, inspect: &str) -> (String, Settings) {
        let secret = self.signer.secret("settings of releases");
        let settings = (self.scribe.settings)(inspect, &|value| keyed(&secret, value));
        (self.signer.public().id(), settings)
    }

    /// Chains in what a release has become.
    pub(super) fn file(
        &self,
        (transaction, path): (&Transaction<'_>, &Path),
        at: Timestamp,
        (release, state): (&str, ReleaseState),
        flaws: &Flaws,
    ) -> Result<(), StoreError> {
        let Some(kind) = Kind::of(state) else { return Ok(()) };
        let unread = Flaws::default();
        let lines = journal::lines(transaction, path, release, u32::MAX, &unread)?;
        let story = match story::of_lines((transaction, path), release, &lines, &unread) {
            Ok(story) => story,
            // A record that cannot be drawn must not keep a decision from being stored.
            Err(StoreError::Json { source, .. }) => {
                flaws.note(format!("what is stored of release {release}: {source}"));
                None
            }
            Err(error) => return Err(error),
        };
        let record = story.as_ref().map_or(Value::Null, |story| (self.scribe.facts)(story));
        let content = Content::Record(record);
        let journal = Some((release, lines.as_slice()));
        let new = New { at, kind, journal, subject: story.as_ref(), content };
        self.append(transaction, path, &new).map(drop)
    }

    /// Chains in what a person adds to a release's record.
    pub(super) fn remark(
        &self,
        (transaction, path): (&Transaction<'_>, &Path),
        at: Timestamp,
        release: &str,
        remark: &Remark,
    ) -> Result<i64, StoreError> {
        let kind = match remark {
            Remark::Note { .. } => Kind::Note,
            Remark::FollowUp { .. } => Kind::FollowUp,
        };
        self.add((transaction, path), at, release, (kind, Content::Remark(remark.clone())))
    }

    /// Chains in a drill of going back to a release.
    pub(super) fn drill(
        &self,
        (transaction, path): (&Transaction<'_>, &Path),
        at: Timestamp,
        drill: &Drill,
    ) -> Result<i64, StoreError> {
        self.add((transaction, path), at, &drill.release, (Kind::Drill, Content::Drill(drill.clone())))
    }

    /// Chains in what is added to the record of a release.
    fn add(
        &self,
        (transaction, path): (&Transaction<'_>, &Path),
        at: Timestamp,
        release: &str,
        (kind, content): (Kind, Content),
    ) -> Result<i64, StoreError> {
        let lines = journal::lines(transaction, path, release, u32::MAX, &Flaws::default())?;
        let journal = Some((release, lines.as_slice()));
        self.append(transaction, path, &New { at, kind, journal, subject: None, content })
    }

    fn append(&self, transaction: &Transaction<'_>, path: &Path, new: &New<'_>) -> Result<i64, StoreError> {
        let (last, prev) = head(transaction, path)?;
        let (seq, at) = (last + 1, text(new.at));
        let release = new.journal.map(|(release, _)| release);
        let journal = match new.journal {
            Some((release, lines)) => Some((release, covers(transaction, path, release, lines)?)),
            None => None,
        };
        let predicate = Predicate {
            seq,
            prev: hex::encode(&prev),
            at: at.clone(),
            kind: new.kind,
            release: release.map(str::to_owned),
            service: new.subject.map(|story| story.release.service.clone()),
            journal: journal.as_ref().map(|(_, covers)| covers.clone()),
            content: new.content.clone(),
        };
        let subject = subjects(new.subject, journal.as_ref(), &self.signer.public());
        let payload = serde_json::to_vec(&Statement::new(subject, predicate)).map_err(json(path))?;
        let hash = hash(&prev, &payload);
        let sql = "INSERT INTO chain (seq, at, release, kind, payload, prev, hash, sig) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let mut insert = transaction.prepare_cached(sql).map_err(sqlite(path))?;
        let (kind, sig) = (new.kind.into_str(), self.signer.sign(&payload));
        let row = params![seq, at, release, kind, payload, prev, hash, sig];
        insert.execute(row).map_err(sqlite(path))?;
        Ok(seq)
    }
}

/// What an entry is about, by digest: the image where one is known, and the rows of the journal; of a key, the key.
fn subjects(story: Option<&Story>, journal: Option<&(&str, Covers)>, key: &Public) -> Vec<Subject> {
    let image = story.and_then(|Story { release, .. }| {
        let image = &release.running.as_ref()?.identity.image;
        let sha256 = image.strip_prefix("sha256:").filter(|digest| is_digest(digest))?.to_owned();
        Some(Subject::new(format!("{}@{}", release.service, release.version), sha256))
    });
    let journal =
        journal.map(|(release, covers)| Subject::new(format!("journal of {release}"), covers.sha256.clone()));
    let all: Vec<Subject> = image.into_iter().chain(journal).collect();
    if !all.is_empty() {
        return all;
    }
    vec![Subject::new("key".to_owned(), hex::encode(sha256(&[&key.0])))]
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The last entry's number and hash; before the first there is none, and zeros.
fn head(connection: &Connection, path: &Path) -> Result<(i64, Vec<u8>), StoreError> {
    let sql = "SELECT seq, hash FROM chain ORDER BY seq DESC LIMIT 1";
    let row = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional();
    Ok(row.map_err(sqlite(path))?.unwrap_or_else(|| (0, vec![0; 32])))
}

/// The key that signs since it was chained in last.
fn current_key(connection: &Connection, path: &Path) -> Result<Option<Public>, StoreError> {
    let sql = "SELECT payload FROM chain WHERE kind = 'key' ORDER BY seq DESC LIMIT 1";
    let row = connection.query_row(sql, [], |row| row.get::<_, Option<Vec<u8>>>(0)).optional();
    let payload = row.map_err(sqlite(path))?.flatten();
    Ok(payload.and_then(|payload| read(&payload).ok()?.key()))
}

/// The rows of a release's journal that no entry of it covers yet.
fn covers(
    connection: &Connection,
    path: &Path,
    release: &str,
    lines: &[journal::Line],
) -> Result<Covers, StoreError> {
    let sql = "SELECT payload FROM chain WHERE release = ?1 ORDER BY seq DESC LIMIT 1";
    let mut select = connection.prepare_cached(sql).map_err(sqlite(path))?;
    let row = select.query_row([release], |row| row.get::<_, Option<Vec<u8>>>(0)).optional();
    let last = row.map_err(sqlite(path))?.flatten().and_then(|payload| read(&payload).ok());
    let covered = last.and_then(|last| last.predicate.journal).map_or(0, |last| last.from + last.rows);
    // Of old releases rows are dropped.
    let from = covered.min(lines.len());
    Ok(Covers { from, rows: lines.len() - from, sha256: digest(&lines[from..]) })
}

/// Of rows as they are packed.
pub(super) fn digest(lines: &[journal::Line]) -> String {
    let texts: Vec<String> = lines.iter().map(journal::Line::text).collect();
    let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    hex::encode(sha256(&texts))
}

impl Store {
    /// Where the last entry stands.
    pub async fn head(&self) -> Result<Option<Witness>, StoreError> {
        self.work(|connection, path| {
            let (seq, hash) = head(connection, path)?;
            Ok((seq > 0).then(|| Witness { seq, hash: hex::encode(hash) }))
        })
        .await
    }

    /// Where the newest entry of that kind about a release stands.
    pub async fn witness(&self, release: &str, kind: Kind) -> Result<Option<Witness>, StoreError> {
        let release = release.to_owned();
        self.work(move |connection, path| {
            let sql =
                "SELECT seq, hash FROM chain WHERE release = ?1 AND kind = ?2 ORDER BY seq DESC LIMIT 1";
            let row = connection.query_row(sql, params![release, kind.into_str()], |row| {
                Ok(Witness { seq: row.get(0)?, hash: hex::encode(row.get::<_, Vec<u8>>(1)?) })
            });
            row.optional().map_err(sqlite(path))
        })
        .await
    }
}

impl Reader {
    /// Every entry in order, one at a time, until one ends it.
    pub fn links<E: From<StoreError>>(&self, mut each: impl FnMut(Link) -> Result<(), E>) -> Result<(), E> {
        let sql = format!("SELECT {COLUMNS} FROM chain ORDER BY seq");
        let mut select = self.connection.prepare(&sql).map_err(sqlite(&self.path))?;
        let mut rows = select.query([]).map_err(sqlite(&self.path))?;
        while let Some(row) = rows.next().map_err(sqlite(&self.path))? {
            each(link(row).map_err(sqlite(&self.path))?)?;
        }
        Ok(())
    }

    /// Those of one release.
    pub(super) fn links_of(&self, release: &str) -> Result<Vec<Link>, StoreError> {
        links_of(&self.connection, &self.path, release)
    }

    /// The newest entry of a release that has its statement, with the key that signed it.
    pub fn statement(&self, release: &str) -> Result<Option<(Link, Public)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM chain WHERE release = ?1 AND payload IS NOT NULL \
             AND kind NOT IN ('note', 'follow-up', 'drill') ORDER BY seq DESC LIMIT 1"
        );
        let Some(found) = self.rows(&sql, [release], link)?.into_iter().next() else { return Ok(None) };
        let sql =
            format!("SELECT {COLUMNS} FROM chain WHERE kind = 'key' AND seq <= ?1 ORDER BY seq DESC LIMIT 1");
        let key = self.rows(&sql, [found.seq], link)?.into_iter().next();
        let key = key.and_then(|key| read(&key.payload?).ok()?.key());
        Ok(key.map(|key| (found, key)))
    }

    /// The key that signs now.
    pub fn record_key(&self) -> Result<Option<Public>, StoreError> {
        current_key(&self.connection, &self.path)
    }
}
