//! A daemon that is gone, as it is while it is restarted: it is waited for, and asked more and more seldom.

use std::time::Duration;

use jiff::Timestamp;

use super::CliError;
use crate::control::client::ClientError;

/// So it is told, once.
pub(super) const TOLD: &str = "the daemon does not answer; waiting for it to come back";

/// Before it is asked again, at first and at last.
const AGAIN: Duration = Duration::from_millis(250);
const AGAIN_MAX: Duration = Duration::from_secs(5);

/// For how long it is gone.
#[derive(Debug, Default)]
pub(super) struct Absence {
    /// Since when, while it is.
    since: Option<Timestamp>,
    /// So often in a row it did not answer.
    times: u32,
    /// It is waited for so long; for ever otherwise.
    patience: Option<Duration>,
}

/// What follows when it did not answer.
pub(super) struct Silence {
    /// It answered until now: tell it.
    pub(super) new: bool,
    /// Before it is asked again.
    pub(super) pause: Duration,
}

impl Absence {
    /// It is not waited for any longer than that.
    pub(super) fn at_most(patience: Duration) -> Self {
        Self { patience: Some(patience), ..Self::default() }
    }

    /// It answers.
    pub(super) fn is_over(&mut self) {
        (self.since, self.times) = (None, 0);
    }

    /// It did not answer; whatever else went wrong, and what has lasted too long, is an error.
    pub(super) fn goes_on(&mut self, error: ClientError, now: Timestamp) -> Result<Silence, CliError> {
        match &error {
            ClientError::NoDaemon { .. } | ClientError::Busy(_) => {}
            ClientError::Forbidden { .. }
            | ClientError::Refused(_)
            | ClientError::Unknown(_)
            | ClientError::Garbled { .. } => return Err(error.into()),
        }
        let since = *self.since.get_or_insert(now);
        let lasts = now.duration_since(since).unsigned_abs();
        if self.patience.is_some_and(|patience| lasts > patience) {
            return Err(error.into());
        }
        let (new, pause) = (self.times == 0, AGAIN.saturating_mul(1 << self.times.min(8)));
        self.times = self.times.saturating_add(1);
        Ok(Silence { new, pause: pause.min(AGAIN_MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_and_asked_more_and_more_seldom() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let gone = || ClientError::Busy("the daemon is ending".to_owned());
        let mut absence = Absence::at_most(Duration::from_mins(1));
        let heard: Vec<(bool, u128)> = (0..7)
            .map(|second| absence.goes_on(gone(), at(second)).unwrap())
            .map(|silence| (silence.new, silence.pause.as_millis()))
            .collect();
        let expected = [250, 500, 1000, 2000, 4000, 5000, 5000].map(|pause| (pause == 250, pause));
        assert_eq!(heard, expected);
        assert!(absence.goes_on(gone(), at(60)).is_ok());
        assert!(absence.goes_on(gone(), at(61)).is_err(), "that is too long");
        absence.is_over();
        assert!(absence.goes_on(gone(), at(90)).unwrap().new);
        assert!(absence.goes_on(ClientError::Unknown("no service".to_owned()), at(90)).is_err());
    }
}
