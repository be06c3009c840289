//! What systemd is told (`sd_notify(3)`). Outside of systemd, all of it does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::untrusted::short;

/// A longer status line is cut, in bytes. A line break would begin another assignment: `MAINPID=`, say.
const STATUS_MAX: usize = 200;

/// Everything is up.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is being read again; [`ready`] ends it. `Type=notify-reload` needs to know when it began.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "the monotonic clock could not be read"),
    }
}

/// The daemon is ending.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(&short(line, STATUS_MAX))]);
}

/// The loop has come round.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How long the loop may take to come round, where systemd watches it.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero())
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}

#[cfg(test)]
mod tests;
