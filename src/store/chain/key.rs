//! The key that signs, in a file of the state directory: made when there is none, and never written over.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::statement::Why;
use crate::dsse::Signer;

/// A key's file is smaller.
const LARGEST: u64 = 4 << 10;

/// The key, and what became of the one before.
pub(super) struct Found {
    pub(super) signer: Signer,
    /// Why it is not the one that was there, where it is new.
    pub(super) lost: Option<Why>,
    /// Why it is in no file, and ends with this run.
    pub(super) fleeting: Option<String>,
    /// Its file.
    pub(super) place: PathBuf,
}

/// The key of a directory, which is made if need be. Where it can neither be read nor written it lasts as long as golive
/// runs: that is better than a record that nobody signs, and no reason not to watch.
pub(super) fn find(dir: &Path) -> Found {
    let place = dir.join("record-key");
    let (lost, seen) = match text(&place).map(|text| Signer::read(&text)) {
        Ok(Ok(signer)) => return Found { signer, lost: None, fleeting: None, place },
        Ok(Err(why)) => {
            keep(&place);
            (Why::Unreadable, io::Error::other(why))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (Why::Lost, error),
        Err(error) => (Why::Unreadable, error),
    };
    let mut seed = [0; 32];
    getrandom::getrandom(&mut seed).expect("the kernel gives random bytes");
    // What is still there could be neither read nor put aside.
    let fleeting = if place.exists() { Some(seen) } else { write(dir, &place, &Signer::pem(&seed)).err() };
    let fleeting = fleeting.map(|error| error.to_string());
    Found { signer: Signer::new(&seed), lost: Some(lost), fleeting, place }
}

fn text(place: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(place)?;
    if file.metadata()?.is_file() {
        // Whoever could read it could sign.
        drop(file.set_permissions(Permissions::from_mode(0o600)));
    }
    file.take(LARGEST).read_to_string(&mut text).map(|_| text).or_else(|error| {
        // What is no text is no key either.
        if error.kind() == ErrorKind::InvalidData { Ok(String::new()) } else { Err(error) }
    })
}

/// Puts what is no key aside: it may be mended.
fn keep(place: &Path) {
    let beside = |number| place.with_extension(format!("unread-{number}"));
    let kept = (1..100).map(beside).find(|kept| !kept.exists());
    let kept = kept.unwrap_or_else(|| place.with_extension("unread"));
    drop(std::fs::rename(place, kept));
}

fn fresh(dir: &Path) -> PathBuf {
    dir.join("record-key.new")
}

/// Whole and on the disk, or not at all.
fn write(dir: &Path, place: &Path, text: &str) -> io::Result<()> {
    let fresh = fresh(dir);
    drop(std::fs::remove_file(&fresh));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, place)?;
    File::open(dir)?.sync_all()
}
