//! Looks at a file system that may not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::sample::Outcome;

/// A file system that does not answer holds up one thread, not one more with each look.
#[derive(Debug, Default)]
pub(super) struct Disk {
    asking: Arc<AtomicBool>,
}

impl Disk {
    /// What it gives, unless it has not answered since the look before.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Outcome> {
        if self.asking.swap(true, Ordering::AcqRel) {
            let why = "its file system has not answered since the look before";
            return Err(Outcome::Blind(why.to_owned()));
        }
        let asking = Arc::clone(&self.asking);
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            asking.store(false, Ordering::Release);
            done
        });
        done.await.map_err(|error| Outcome::Blind(error.to_string()))
    }
}

/// A file that hangs, as that of a server that is gone does.
#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_look_that_is_not_answered_is_not_begun_again() {
        let disk = Disk::default();
        assert_eq!(disk.ask(|| 1).await, Ok(1));
        disk.asking.store(true, Ordering::SeqCst);
        let why = "its file system has not answered since the look before".to_owned();
        assert_eq!(disk.ask(|| 1).await, Err(Outcome::Blind(why)));
    }
}
