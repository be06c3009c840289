//! Not more messages to one address than its platform takes, and the last of them for what is urgent.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::notify::Limit;

/// So many are looked back on: more than any limit allows.
const LOOK_BACK: usize = 256;

/// When messages went to one address.
#[derive(Debug, Default)]
pub(super) struct Pace {
    sent: VecDeque<Timestamp>,
}

impl Pace {
    /// How many more may go now, or when the next one may.
    pub(super) fn room(&self, limits: &[Limit], urgent: bool, now: Timestamp) -> Result<usize, Timestamp> {
        let mut room = usize::MAX;
        for limit in limits {
            let allowed = if urgent { limit.messages } else { limit.messages - reserve(limit.messages) };
            let since = now.checked_sub(limit.within).unwrap_or(Timestamp::MIN);
            let used = self.sent.iter().filter(|at| **at > since).count();
            if used >= allowed {
                let oldest = self.sent.get(self.sent.len() - allowed).copied().unwrap_or(now);
                return Err(oldest.checked_add(limit.within).unwrap_or(Timestamp::MAX));
            }
            room = room.min(allowed - used);
        }
        Ok(room)
    }

    pub(super) fn sent(&mut self, now: Timestamp) {
        if self.sent.len() == LOOK_BACK {
            self.sent.pop_front();
        }
        self.sent.push_back(now);
    }
}

/// A quarter is kept for what is urgent.
fn reserve(messages: usize) -> usize {
    if messages > 1 { (messages / 4).max(1) } else { 0 }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_last_quarter_is_for_what_is_urgent_and_comes_back_with_time() {
        let limits = [Limit { messages: 20, within: Duration::from_mins(1) }];
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let after = |seconds| start + jiff::SignedDuration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.room(&limits, false, start), Ok(15));
        for second in 0..15 {
            pace.sent(after(second));
        }
        assert_eq!(
            pace.room(&limits, false, after(15)),
            Err(after(60)),
            "the first one is a minute old then"
        );
        assert_eq!(pace.room(&limits, true, after(15)), Ok(5));
        (15..20).for_each(|second| pace.sent(after(second)));
        assert_eq!(pace.room(&limits, true, after(20)), Err(after(60)));
        assert_eq!(pace.room(&limits, true, after(60)), Ok(1));
        assert_eq!(pace.room(&limits, false, after(60)), Err(after(65)));
        assert_eq!(pace.room(&[], false, after(20)), Ok(usize::MAX));
    }

    #[test]
    fn every_limit_holds_at_once() {
        let limits = [
            Limit { messages: 5, within: Duration::from_secs(1) },
            Limit { messages: 100, within: Duration::from_mins(1) },
        ];
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut pace = Pace::default();
        (0..5).for_each(|_| pace.sent(start));
        assert_eq!(pace.room(&limits, true, start), Err(start + jiff::SignedDuration::from_secs(1)));
        assert_eq!(pace.room(&limits, true, start + jiff::SignedDuration::from_secs(1)), Ok(5));
    }
}
