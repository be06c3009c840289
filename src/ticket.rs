//! Links by which a person takes an incident on without a terminal: signed, for a day, and good for once.
//!
//! Whoever makes them keeps the key, and what was used, for the next run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::HMAC;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

#[cfg(test)]
mod tests;

/// For so long after its alert a link is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(24);

/// So many used links are remembered, which is more than people follow in a day; beyond, all else is refused.
pub const USED_MAX: usize = 10_000;

/// What stands in a link as its number.
const NOT_IN_A_LINK: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// Makes links, and knows its own.
#[derive(Debug)]
pub struct Tickets {
    key: Key,
    /// Signatures of links that were used, with when they end anyway.
    used: Mutex<BTreeMap<String, i64>>,
}

/// What a link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The incident that it takes on.
    pub incident: String,
    /// Seconds since 1970 until which it is good.
    pub until: i64,
    /// The signature of both.
    pub sign: String,
}

/// Why a link is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// golive did not write it.
    Foreign,
    /// Its day is over.
    Late,
    /// It was used already.
    Used,
}

struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key")
    }
}

impl Tickets {
    /// Signed with that key; by their signatures, what was used already, with when it ends.
    pub fn new(key: [u8; 32], used: BTreeMap<String, i64>) -> Self {
        Self { key: Key(key), used: Mutex::new(used) }
    }

    /// A key that nobody can guess.
    pub fn fresh_key() -> std::io::Result<[u8; 32]> {
        let mut key = [0; 32];
        getrandom::getrandom(&mut key)?;
        Ok(key)
    }

    /// The ticket for an incident that was told at that time.
    pub fn issue(&self, incident: &str, told: Timestamp) -> Ticket {
        let until = told.checked_add(GOOD_FOR).unwrap_or(Timestamp::MAX).as_second();
        Ticket { incident: incident.to_owned(), until, sign: self.sign(incident, until) }
    }

    /// Whether a ticket is good now.
    pub fn check(&self, ticket: &Ticket, now: Timestamp) -> Result<(), Refused> {
        let sign = URL_SAFE_NO_PAD.decode(&ticket.sign).ok().and_then(|sign| <[u8; 32]>::try_from(sign).ok());
        let own =
            sign.is_some_and(|sign| HMAC::verify(said(&ticket.incident, ticket.until), self.key.0, &sign));
        if !own {
            return Err(Refused::Foreign);
        }
        if ticket.until < now.as_second() {
            return Err(Refused::Late);
        }
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.contains_key(&ticket.sign) || used.len() >= USED_MAX { Err(Refused::Used) } else { Ok(()) }
    }

    /// A ticket was used: it is good for nothing any more.
    pub fn spend(&self, ticket: &Ticket, now: Timestamp) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, until| *until >= now.as_second());
        used.insert(ticket.sign.clone(), ticket.until);
    }

    fn sign(&self, incident: &str, until: i64) -> String {
        URL_SAFE_NO_PAD.encode(HMAC::mac(said(incident, until), self.key.0))
    }
}

impl Ticket {
    /// Behind the page's address.
    pub fn link(&self, page: &str) -> String {
        let Self { incident, until, sign } = self;
        let incident = utf8_percent_encode(incident, &NOT_IN_A_LINK);
        format!("{page}/ack?incident={incident}&until={until}&sign={sign}")
    }
}

/// What is signed.
fn said(incident: &str, until: i64) -> String {
    format!("golive acknowledge\n{until}\n{incident}")
}
