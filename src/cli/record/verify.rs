//! `golive record --verify`: whether the chain of entries is whole.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::json;

use super::Arguments;
use crate::cli::show::{print_json, say};
use crate::cli::{CliError, Context, story};
use crate::dsse::{self, Public};
use crate::store::{Audit, Covered, Held, Link, Reader, Why};

/// A hash's first digits are enough from here on; as many are shown.
const SHORTEST: usize = 8;
const SHOWN: usize = 16;

/// What a person holds, as an alert or an earlier check told it: `8c1e…`, `#17 8c1e…`.
pub(super) fn held(text: &str) -> Result<Held, String> {
    let text = text.trim().trim_end_matches('…');
    let (seq, hash) = match text.split_once(char::is_whitespace) {
        Some((seq, hash)) => (Some(seq), hash.trim()),
        None => (None, text),
    };
    let seq = seq.map(|seq| seq.trim_start_matches('#').parse::<i64>());
    let seq = seq.transpose().map_err(|_| "before the hash there is no entry's number".to_owned())?;
    let hash = hash.to_ascii_lowercase();
    let digits = hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || !(SHORTEST..=64).contains(&hash.len()) {
        return Err(format!("a hash has {SHORTEST} to 64 hexadecimal digits"));
    }
    Ok(Held { seq, hash })
}

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<u8, CliError> {
    let reader = Reader::open(&context.config()?.state_dir)?;
    let audit = reader.audit(arguments.head.as_ref())?;
    let journal = match arguments.release.as_deref() {
        Some(named) => {
            let release = story::read(Some(named), context)?.0.release.id;
            let covered = reader.covered(&release)?;
            Some((release, covered))
        }
        None => None,
    };
    if let Some(dir) = &arguments.export {
        write_out(&reader, dir)?;
    }
    if arguments.json {
        print_json(&described(&audit, journal.as_ref()))?;
    } else {
        let journal = journal.as_ref().map(|(release, covered)| compared(release, covered));
        for line in told(&audit).into_iter().chain(journal) {
            say(&line)?;
        }
    }
    let changed = matches!(journal, Some((_, Covered::Changed { .. })));
    Ok(u8::from(audit.first_bad.is_some() || changed))
}

fn compared(release: &str, covered: &Covered) -> String {
    match covered {
        Covered::Same { rows } => {
            let rows = counted(*rows as u64, "row", "rows");
            format!("{release}: its journal is what was signed, {rows}")
        }
        Covered::Dropped => {
            format!("{release}: its journal cannot be compared: what is old was dropped of it")
        }
        Covered::Changed { seq } => {
            format!("{release}: its journal is not what entry #{seq} was signed over")
        }
    }
}

fn told(audit: &Audit) -> Vec<String> {
    if let Some((seq, broken)) = &audit.first_bad {
        return vec![format!("entry #{seq} {broken}; all before it holds")];
    }
    let Some(head) = &audit.head else { return vec!["0 entries: nothing is recorded yet".to_owned()] };
    let key = audit.keys.last().map(|(_, key, _)| short(key)).unwrap_or_default();
    let (entries, whole) = (counted(audit.entries, "entry", "entries"), audit.whole as u64);
    let whole = counted(whole, "record", "records");
    let mut lines = vec![format!("{entries}, {whole} whole, signed by key {key}, head {}", head.hash)];
    for (since, key, why) in audit.keys.iter().skip(1) {
        let key = short(key);
        lines.push(format!("from #{since} on key {key} signs: {}", why.words()));
    }
    if audit.dropped > 0 {
        let dropped = counted(audit.dropped, "entry", "entries");
        lines.push(format!("of {dropped} the content was dropped for its age, and the hashes hold"));
    }
    lines
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn short(key: &Public) -> String {
    key.id()[..SHOWN].to_owned()
}

fn described(audit: &Audit, journal: Option<&(String, Covered)>) -> serde_json::Value {
    let journal = journal.map(|(release, covered)| match covered {
        Covered::Same { rows } => json!({"release": release, "state": "same", "rows": rows}),
        Covered::Dropped => json!({"release": release, "state": "dropped"}),
        Covered::Changed { seq } => json!({"release": release, "state": "changed", "seq": seq}),
    });
    let why = |why: &Why| serde_json::to_value(why).unwrap_or_default();
    let keys = audit.keys.iter().map(|(since, key, chained)| {
        json!({"id": key.id(), "public": key.hex(), "since": since, "why": why(chained)})
    });
    json!({
        "entries": audit.entries,
        "whole": audit.whole,
        "dropped": audit.dropped,
        "keys": keys.collect::<Vec<_>>(),
        "head": audit.head.as_ref().map(|head| &head.hash),
        "head_seq": audit.head.as_ref().map(|head| head.seq),
        "first_bad": audit.first_bad.as_ref().map(|(seq, _)| seq),
        "why": audit.first_bad.as_ref().map(|(_, broken)| broken.to_string()),
        "journal": journal,
    })
}

/// Each entry as an envelope, and each key. What is there already stays, and has to be the same.
fn write_out(reader: &Reader, dir: &Path) -> Result<(), CliError> {
    std::fs::create_dir_all(dir).map_err(|error| cannot(dir, &error))?;
    let mut key = None;
    reader.links(|link: Link| {
        let Some(payload) = &link.payload else { return Ok(()) };
        if let Some(new) = link.key() {
            put(&dir.join(format!("{:06}-key.pem", link.seq)), &new.pem())?;
            key = Some(new);
        }
        let Some(key) = &key else { return Ok(()) };
        let envelope = dsse::envelope(payload, &link.sig, key);
        // The kind is a word of golive's, unless somebody has changed it.
        let kind: String = link.kind.chars().filter(|it| it.is_ascii_lowercase() || *it == '-').collect();
        put(&dir.join(format!("{:06}-{kind}.dsse.json", link.seq)), &format!("{envelope}\n"))
    })
}

fn put(path: &Path, text: &str) -> Result<(), CliError> {
    let written = std::fs::File::create_new(path).and_then(|_| std::fs::write(path, text));
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let there = std::fs::read(path).map_err(|error| cannot(path, &error))?;
            if there == text.as_bytes() {
                return Ok(());
            }
            let path = path.display();
            Err(CliError::Plain(format!(
                "{path} is there with other content than the entry has now: either the chain was written anew or that \
                 file was changed; keep both, and export into another directory"
            )))
        }
        Err(error) => Err(cannot(path, &error)),
    }
}

fn cannot(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Plain(format!("failed to write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_it_was_told() {
        let held = |seq, hash: &str| Ok(Held { seq, hash: hash.to_owned() });
        assert_eq!(super::held("8c1e6f0a"), held(None, "8c1e6f0a"));
        assert_eq!(super::held(" 8C1E6F0A… "), held(None, "8c1e6f0a"));
        assert_eq!(super::held("#17 8c1e6f0a2b3c4d5e"), held(Some(17), "8c1e6f0a2b3c4d5e"));
        assert_eq!(super::held("17  8c1e6f0a…"), held(Some(17), "8c1e6f0a"));
        assert_eq!(super::held(&"a".repeat(64)), held(None, &"a".repeat(64)));
        for wrong in
            ["", "8c1e6f0", "8c1e6f0g", "#17", "x 8c1e6f0a", "8c1e6f0a 8c1e6f0a", "head", "版本版本版本"]
        {
            assert!(super::held(wrong).is_err(), "{wrong}");
        }
        assert!(super::held(&"a".repeat(65)).is_err());
    }
}
