//! What was seen of a release, for whoever draws it.

use jiff::Timestamp;

use super::flaws::Flaws;
use super::{Deed, Reader, Store, StoreError, journal};
use crate::decide::curve::Mark;
use crate::model::event::{Event, ServiceEvent};

/// So many of the newest events are read.
const NEWEST: u32 = 5_000;

/// What was seen of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// When it came.
    pub released: Option<Mark>,
    /// What happened to it, oldest first.
    pub happened: Vec<(Timestamp, ServiceEvent)>,
}

impl Store {
    /// What was seen of a release. Read on a connection of its own, so that nothing waits for it.
    pub async fn past(&self, release: &str) -> Result<Past, StoreError> {
        let (path, release) = (self.inner.path.clone(), release.to_owned());
        let reading = tokio::task::spawn_blocking(move || {
            let dir = path.parent().unwrap_or(&path);
            Reader::open(dir)?.past(&release)
        });
        match tokio::time::timeout(super::PATIENCE, reading).await {
            Ok(Ok(past)) => past,
            Ok(Err(_)) | Err(_) => Err(StoreError::Late { path: self.inner.path.clone() }),
        }
    }
}

impl Reader {
    fn past(&self, release: &str) -> Result<Past, StoreError> {
        let flaws = Flaws::default();
        let released = self.release(release)?;
        let released = released.map(|release| Mark { at: release.began, version: release.version });
        let mut happened = Vec::new();
        for line in journal::lines(&self.connection, &self.path, release, NEWEST, &flaws)? {
            let at = line.at.parse().unwrap_or(Timestamp::UNIX_EPOCH);
            // What cannot be read cannot be drawn.
            for deed in line.deeds().unwrap_or_default() {
                if let Deed::Remembered { readings, .. } = deed {
                    happened.push((at, ServiceEvent::Recalled(readings)));
                }
            }
            if let Ok(Event::Service { what, .. }) = line.event() {
                happened.push((at, what));
            }
        }
        Ok(Past { released, happened })
    }
}
