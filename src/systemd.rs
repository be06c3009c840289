//! What systemd is told (`sd_notify(3)`). Outside of systemd, all of it does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// Everything is up.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is being read again; [`ready`] ends it.
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
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    tell(&[NotifyState::Status(&line)]);
}

/// The loop has come round.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How long the loop may take to come round, where systemd watches it.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}
