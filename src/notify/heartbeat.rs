//! The heartbeat: an outside watcher is asked, so that it hears when golive falls silent.

use std::time::Duration;

use super::{Notifier, format, webhook};

/// A beat ends within this.
const PATIENCE: Duration = Duration::from_secs(10);

impl Notifier {
    /// How often the outside watcher is to hear from golive; `None` when there is none.
    pub fn heartbeat_every(&self) -> Option<Duration> {
        self.heartbeat.as_ref().map(|heartbeat| heartbeat.every)
    }

    /// Tells the outside watcher that golive is alive; else why not, readable after "failed to".
    pub async fn beat(&self) -> Result<(), String> {
        let Some(heartbeat) = &self.heartbeat else { return Ok(()) };
        let url = format::read(&heartbeat.url).map_err(|refusal| refusal.text)?;
        // Whoever knows the address can keep the watcher quiet: it is not repeated.
        let place = format::place(&url);
        let http = self.beat.client(&url, webhook::builder)?;
        let asked = http.get(url).headers(self.beat.headers()?).timeout(PATIENCE).send().await;
        let answer = asked.map_err(|error| format!("ask {place}: {}", webhook::why(&error)))?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(format!("ask {place}: it answered {status}")) }
    }
}
