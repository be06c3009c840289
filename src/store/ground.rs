//! What the store stands on: a directory and a file that others can remove, a disk that can be full. SQLite notices none of
//! it while it writes into what it has open and has room in its log.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::schema::VERSION;
use super::{Inner, Store, StoreError, open, restrict, sqlite};

/// So much has to have room.
const ROOM: usize = 16 << 10;

impl Store {
    /// Whether what is stored now would be there after a restart. A file that was removed is put back, and told once.
    pub async fn usable(&self) -> Result<(), StoreError> {
        let inner = std::sync::Arc::clone(&self.inner);
        self.work(move |connection, path| {
            if !in_place(&inner, path)? {
                put_back(&inner, connection, path)?;
                return Err(StoreError::Gone { path: path.to_owned() });
            }
            room(path)?;
            connection.pragma_update(None, "user_version", VERSION).map_err(sqlite(path))
        })
        .await
    }
}

/// The lock on a directory, for as long as it is held.
pub(super) fn lock(dir: &Path) -> Result<File, StoreError> {
    let directory = |source| StoreError::Directory { dir: dir.to_owned(), source };
    let lock = File::options().create(true).append(true).open(dir.join("lock")).map_err(directory)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy { dir: dir.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(directory(source)),
    }
}

/// Which file stands there, if any.
pub(super) fn identity(path: &Path) -> Result<Option<(u64, u64)>, StoreError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(Some((found.dev(), found.ino()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Directory { dir: path.to_owned(), source }),
    }
}

fn in_place(inner: &Inner, path: &Path) -> Result<bool, StoreError> {
    let ours = inner.place.lock().unwrap_or_else(std::sync::PoisonError::into_inner).file;
    match identity(path)? {
        Some(there) if there == ours => Ok(true),
        Some(_) => Err(StoreError::Replaced { path: path.to_owned() }),
        None => Ok(false),
    }
}

/// Writes all that is known where it was; it can still be read from what is open.
fn put_back(inner: &Inner, connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let dir = path.parent().unwrap_or(path);
    let directory = |source| StoreError::Directory { dir: dir.to_owned(), source };
    std::fs::create_dir_all(dir).map_err(directory)?;
    let lock = match lock(dir) {
        // The directory is still the same, and so is its lock.
        Err(StoreError::Busy { .. }) => None,
        lock => Some(lock?),
    };
    let new = beside(path, "new");
    drop(std::fs::remove_file(&new));
    connection.execute("VACUUM INTO ?1", [new.to_string_lossy()]).map_err(sqlite(path))?;
    restrict(&new)?;
    // What is closed takes the log of its name away with it: before there is another of that name.
    *connection = Connection::open_in_memory().map_err(sqlite(path))?;
    for log in ["-wal", "-shm"] {
        let log = PathBuf::from(format!("{}{log}", path.display()));
        drop(std::fs::remove_file(log));
    }
    std::fs::rename(&new, path).map_err(directory)?;
    *connection = open(path)?;
    let mut place = inner.place.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(file) = identity(path)? {
        place.file = file;
    }
    if let Some(lock) = lock {
        place.lock = lock;
    }
    Ok(())
}

fn room(path: &Path) -> Result<(), StoreError> {
    let room = beside(path, "room");
    let written = File::create(&room).and_then(|mut file| {
        file.write_all(&[0; ROOM])?;
        file.sync_all()
    });
    let removed = std::fs::remove_file(&room);
    written.and(removed).map_err(|source| StoreError::Directory { dir: room, source })
}

/// Before the file is opened: a log without its file, or with an empty one, would be taken away by SQLite. It is kept under
/// another name, and what is lost is said.
pub(super) fn look(path: &Path, known: bool) -> Result<Option<String>, StoreError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    if size(path) > 0 {
        return Ok(None);
    }
    let log = PathBuf::from(format!("{}-wal", path.display()));
    if size(&log) > 0 {
        let kept = (1..100).map(|number| beside(path, &format!("lost-{number}"))).find(|kept| !kept.exists());
        // Behind that, the newest is enough.
        let kept = kept.unwrap_or_else(|| beside(path, "lost"));
        std::fs::rename(&log, &kept).map_err(|source| StoreError::Directory { dir: log.clone(), source })?;
        let (path, kept) = (path.display(), kept.display());
        return Ok(Some(format!("{path}: it is empty or gone, and its log beside it is kept as {kept}")));
    }
    Ok(known.then(|| format!("{}: it is empty or gone, though golive was here before", path.display())))
}

fn beside(path: &Path, what: &str) -> PathBuf {
    path.with_extension(format!("db.{what}"))
}
