//! A commit's subject as Conventional Commits has it: `feat(cart)!: pay by card`.

use crate::model::content::{Commit, Kind};
use crate::untrusted::short;

/// So much of a hash is kept.
const HASH: usize = 12;

/// So much of a subject is kept, in bytes.
const SUBJECT: usize = 300;

/// A commit of that subject; `breaking` where something else than the subject says so.
pub(super) fn read(hash: &str, subject: &str, breaking: bool) -> Commit {
    let id = hash.chars().take(HASH).collect();
    let subject = short(subject, SUBJECT);
    match split(&subject) {
        Some((kind, scope, marked, text)) => {
            let subject = match scope {
                Some(scope) if kind != Kind::Other => format!("{scope}: {text}"),
                None if kind != Kind::Other => text.to_owned(),
                Some(_) | None => subject.clone(),
            };
            Commit { id, kind, breaking: breaking || marked, subject }
        }
        None => Commit { id, kind: Kind::Other, breaking, subject },
    }
}

/// Its kind, what it is about, whether it is marked as breaking, and the rest.
fn split(subject: &str) -> Option<(Kind, Option<&str>, bool, &str)> {
    // Chinese keyboards write another colon, and no space after it.
    let (head, text) = subject.split_once(": ").or_else(|| subject.split_once('：'))?;
    let (head, marked) = head.strip_suffix('!').map_or((head, false), |head| (head, true));
    let (kind, scope) = match head.strip_suffix(')').and_then(|head| head.split_once('(')) {
        Some((kind, scope)) => (kind, Some(scope.trim()).filter(|scope| !scope.is_empty())),
        None => (head, None),
    };
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphabetic()) || text.trim().is_empty() {
        return None;
    }
    let kind = match kind.to_ascii_lowercase().as_str() {
        "feat" | "feature" => Kind::Feature,
        "perf" => Kind::Improvement,
        "fix" => Kind::Fix,
        _ => Kind::Other,
    };
    Some((kind, scope, marked, text.trim()))
}
