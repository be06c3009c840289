//! What systemd is told (`sd_notify(3)`). Outside of systemd, all of it does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

/// A longer status line is cut.
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
    tell(&[NotifyState::Status(&one_line(line))]);
}

/// The loop has come round.
pub fn watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// How long the loop may take to come round, where systemd watches it.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|interval| !interval.is_zero())
}

/// A line break would begin another assignment: `MAINPID=`, say.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(STATUS_MAX)
        .collect()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd could not be told");
    }
}

#[cfg(test)]
mod tests;
