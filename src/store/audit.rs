//! Whether the chain of entries is whole, and the first that is not, as anybody can find out who has the file.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::{self, Kind, Link, Statement, Why};
use super::{Reader, StoreError};
use crate::dsse::Public;
use crate::model::witness::Witness;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// So many entries there are.
    pub entries: u64,
    /// Of so many releases every entry is there and holds.
    pub whole: usize,
    /// Of so many entries only the hash is left.
    pub dropped: u64,
    /// The keys, from which entry on each signed, and why it was chained in.
    pub keys: Vec<(i64, Public, Why)>,
    /// The last entry.
    pub head: Option<Witness>,
    /// The first entry that does not hold, and why.
    pub first_bad: Option<(i64, Broken)>,
}

/// A hash that a person holds, with its entry's number where they have that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The entry's number.
    pub seq: Option<i64>,
    /// The hash's first digits, or all of them: hexadecimal, in small letters.
    pub hash: String,
}

/// Why an entry does not hold. Each goes on from the entry's number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// There is none of that number.
    #[error("is missing: #{next} comes next")]
    Missing {
        /// The next that is there.
        next: i64,
    },
    /// It is another one than was signed as that.
    #[error("was signed as #{signed}: entries were moved, or one before it was taken out")]
    Moved {
        /// What it was signed as.
        signed: i64,
    },
    /// It is chained to something else.
    #[error("does not follow the entry before it: it names another hash for that than it has")]
    Unchained,
    /// Content and hash do not belong together.
    #[error("was changed: its content does not have its hash")]
    Changed,
    /// It cannot be understood.
    #[error("was changed: its content is no entry of golive")]
    Unreadable,
    /// What is listed of it differs from what was signed.
    #[error("was changed: its time, release or kind is not what was signed")]
    Mislabelled,
    /// Another key signed it.
    #[error("is not signed by the key that signed then, {key}")]
    Foreign {
        /// The key's name.
        key: String,
    },
    /// A key that did not sign for itself.
    #[error("brings in a key that has not signed it")]
    Forged,
    /// No key was brought in.
    #[error("is the first, and brings in no key")]
    Keyless,
    /// Content is dropped only of what later entries vouch for, and of no key.
    #[error("has no content any more, though golive never drops that of a key or of the last entry")]
    Emptied,
    /// The hash that a person holds is not there.
    #[error(
        "is missing: no entry has the hash {held}, so entries were cut off at the end, or all was written anew"
    )]
    CutOff {
        /// What the person holds.
        held: String,
    },
    /// Another entry stands there than the one that a person holds the hash of.
    #[error("is not the one that was told: its hash is {found} and that was {held}")]
    Replaced {
        /// What it has.
        found: String,
        /// What the person holds.
        held: String,
    },
}

#[derive(Default)]
struct Walk {
    last: (i64, Vec<u8>),
    key: Option<Public>,
    /// Of each release, whether all is there.
    releases: BTreeMap<String, bool>,
    keys: Vec<(i64, Public, Why)>,
    entries: u64,
    dropped: u64,
    last_is_empty: bool,
    bad: Option<(i64, Broken)>,
    /// Entries whose hash is the one that a person holds.
    held: BTreeSet<i64>,
    /// The hash of the entry that a person means by its number.
    meant: Option<String>,
}

impl Reader {
    /// Walks the chain from its beginning, and looks whether the hash that a person holds is in it.
    pub fn audit(&self, held: Option<&Held>) -> Result<Audit, StoreError> {
        let mut walk = Walk { last: (0, vec![0; 32]), ..Walk::default() };
        self.links(|link| {
            walk.take(&link, held);
            Ok::<(), StoreError>(())
        })?;
        Ok(walk.end(held))
    }
}

impl Walk {
    fn take(&mut self, link: &Link, held: Option<&Held>) {
        self.entries += 1;
        if self.bad.is_none() {
            let before = self.last.0;
            if let Err(broken) = self.check(link) {
                let missing = matches!(broken, Broken::Missing { .. });
                self.bad = Some((if missing { before + 1 } else { link.seq }, broken));
            }
        }
        let empty = link.payload.is_none();
        self.dropped += u64::from(empty);
        self.last_is_empty = empty;
        if let Some(release) = &link.release {
            *self.releases.entry(release.clone()).or_insert(true) &= !empty && self.bad.is_none();
        }
        if held.is_some_and(|held| hex::encode(&link.hash).starts_with(&held.hash)) {
            self.held.insert(link.seq);
        }
        if held.is_some_and(|held| held.seq == Some(link.seq)) {
            self.meant = Some(hex::encode(&link.hash));
        }
        self.last = (link.seq, link.hash.clone());
    }

    fn check(&mut self, link: &Link) -> Result<(), Broken> {
        let (before, prev) = &self.last;
        if link.seq != before + 1 {
            return Err(Broken::Missing { next: link.seq });
        }
        let Some(payload) = &link.payload else {
            if link.kind == Kind::Key.into_str() || *before == 0 {
                return Err(Broken::Emptied);
            }
            return if link.prev == *prev { Ok(()) } else { Err(Broken::Unchained) };
        };
        let statement = chain::read(payload);
        if let Ok(statement) = &statement
            && statement.predicate.seq != link.seq
        {
            return Err(Broken::Moved { signed: statement.predicate.seq });
        }
        if chain::hash(&link.prev, payload)[..] != link.hash {
            return Err(Broken::Changed);
        }
        let statement = statement.map_err(|_| Broken::Unreadable)?;
        if link.prev != *prev || statement.predicate.prev != hex::encode(prev) {
            return Err(Broken::Unchained);
        }
        labelled(link, &statement)?;
        self.signed(link, payload, &statement)
    }

    fn signed(&mut self, link: &Link, payload: &[u8], statement: &Statement) -> Result<(), Broken> {
        if let Some(key) = statement.key() {
            if !key.verify(payload, &link.sig) {
                return Err(Broken::Forged);
            }
            self.keys.push((link.seq, key, statement.why().unwrap_or(Why::Another)));
            self.key = Some(key);
            return Ok(());
        }
        let key = self.key.ok_or(Broken::Keyless)?;
        if key.verify(payload, &link.sig) { Ok(()) } else { Err(Broken::Foreign { key: key.id() }) }
    }

    fn end(self, held: Option<&Held>) -> Audit {
        let (seq, hash) = &self.last;
        let head = (*seq > 0).then(|| Witness { seq: *seq, hash: hex::encode(hash) });
        let emptied = (self.last_is_empty && head.is_some()).then_some((*seq, Broken::Emptied));
        let first_bad = self.bad.clone().or(emptied).or_else(|| self.missed(held?));
        let whole = self.releases.values().filter(|whole| **whole).count();
        Audit { entries: self.entries, whole, dropped: self.dropped, keys: self.keys, head, first_bad }
    }

    /// The hash that a person holds is not where it should be.
    fn missed(&self, held: &Held) -> Option<(i64, Broken)> {
        let told = held.hash.clone();
        match (held.seq, &self.meant) {
            (Some(seq), _) if self.held.contains(&seq) => None,
            (None, _) if !self.held.is_empty() => None,
            (Some(seq), Some(found)) => Some((seq, Broken::Replaced { found: found.clone(), held: told })),
            (Some(seq), None) => Some((seq, Broken::CutOff { held: told })),
            (None, _) => Some((self.last.0 + 1, Broken::CutOff { held: told })),
        }
    }
}

/// What is listed beside the content stands in it, too.
fn labelled(link: &Link, statement: &Statement) -> Result<(), Broken> {
    let signed = &statement.predicate;
    let same = signed.at == link.at && signed.release == link.release && signed.kind.into_str() == link.kind;
    let key = (signed.kind == Kind::Key) == statement.key().is_some();
    if same && key { Ok(()) } else { Err(Broken::Mislabelled) }
}
