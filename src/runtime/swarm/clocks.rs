//! How far this host's clock is from those of the managers whose golive has acted: each renewal of the lease carries its
//! holder's time. What is seen of one is older than it by the time it took to be heard of, so that of several sightings
//! the smallest is the truest.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::lease::Lease;

/// Clocks that are no farther apart are taken for the same.
const APART: SignedDuration = SignedDuration::from_secs(5);
/// So many sightings count, the last ones; and so many are needed before anything is told.
const COUNT: usize = 5;
const ENOUGH: usize = 3;

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    /// By the node, how much this host's clock has shown more than was written, at each sighting.
    seen: BTreeMap<String, VecDeque<SignedDuration>>,
    /// Whose lease was seen last, in which version.
    last: Option<(String, u64)>,
    /// What was told last, while it is not well.
    told: Option<SignedDuration>,
}

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// How far it is, in words.
    Off(String),
    Right,
}

impl Clocks {
    /// Another's lease was seen now; that it was renewed was heard of then, where it was.
    pub(super) fn sighted(
        &mut self,
        lease: &Lease,
        heard: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Told> {
        let seen = (lease.holder().to_owned(), lease.version());
        let before = self.last.replace(seen.clone());
        // How old the first one is nobody knows, nor whether its holder is still there.
        let renewed = before.is_some_and(|(holder, version)| holder == seen.0 && version != seen.1);
        let written = lease.time().filter(|_| renewed)?;
        let sightings = self.seen.entry(seen.0.clone()).or_default();
        sightings.push_back(heard.unwrap_or(now).duration_since(written));
        sightings.drain(..sightings.len().saturating_sub(COUNT));
        if sightings.len() < ENOUGH {
            return None;
        }
        let by = sightings.iter().min().copied()?;
        match self.told {
            Some(told) if by.abs() > APART && (by - told).abs() <= APART => None,
            None if by.abs() <= APART => None,
            Some(_) if by.abs() <= APART => {
                self.told = None;
                Some(Told::Right)
            }
            Some(_) | None => {
                self.told = Some(by);
                let (seconds, way) =
                    (by.abs().as_secs(), if by.is_negative() { "behind" } else { "ahead of" });
                Some(Told::Off(format!("it is {seconds} s {way} that of {}", lease.host())))
            }
        }
    }

    /// Whether this host's clock is as good as that of the managers that led when the lease was renewed.
    pub(super) fn agree(&self, lease: &Lease, me: &str) -> bool {
        let holders = lease.behind_managers().is_some_and(|by| by.abs() <= APART);
        let mine = || {
            let smallest = self.seen.get(lease.holder()).and_then(|sightings| sightings.iter().min());
            lease.holder() == me || smallest.is_some_and(|by| by.abs() <= APART)
        };
        holders && mine()
    }

    /// How far this host's clock is ahead of those that are not the same, by the nodes.
    pub(super) fn ahead(&self) -> BTreeMap<String, SignedDuration> {
        let smallest = |(node, sightings): (&String, &VecDeque<SignedDuration>)| {
            let by = sightings.iter().min().filter(|by| by.abs() > APART)?;
            Some((node.clone(), *by))
        };
        self.seen.iter().filter_map(smallest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    /// A renewal every ten seconds, by a clock that is so far behind this one's; each seen so many seconds late.
    fn sighted(clocks: &mut Clocks, (first, late): (i64, &[i64]), behind: i64) -> Vec<Told> {
        let mut told = Vec::new();
        for (n, late) in (first..).zip(late) {
            let (renewed, version) = (10 * n, u64::try_from(n).unwrap());
            let lease = Lease::of("a", version, at(renewed - behind));
            told.extend(clocks.sighted(&lease, None, at(renewed + late)));
            // It is looked at oftener than it is renewed.
            assert_eq!(clocks.sighted(&lease, None, at(renewed + late + 1)), None);
        }
        told
    }

    fn hours(behind: i64) -> Option<SignedDuration> {
        let mut clocks = Clocks::default();
        sighted(&mut clocks, (1, &[4, 4, 1, 3]), behind);
        clocks.ahead().get("a").copied()
    }

    #[test]
    fn the_difference_is_what_the_quickest_news_tells() {
        assert_eq!(hours(3600), Some(SignedDuration::from_secs(3601)));
        assert_eq!(hours(-3600), Some(SignedDuration::from_secs(-3599)));
        assert_eq!(hours(0), None);
        assert_eq!(hours(3), None, "which is as good as none");
        // A lease that was there before says nothing: its holder may be gone for long.
        let mut clocks = Clocks::default();
        assert_eq!(sighted(&mut clocks, (1, &[7200]), 0), []);
        assert_eq!(clocks.ahead(), BTreeMap::new());
        // What was heard of at once is not as old as the look at it.
        assert_eq!(clocks.sighted(&Lease::of("a", 2, at(20)), Some(at(21)), at(29)), None);
        assert_eq!(clocks.ahead(), BTreeMap::new());
    }

    #[test]
    fn it_is_told_once_and_again_when_it_is_another_one_and_when_it_is_over() {
        let mut clocks = Clocks::default();
        let off = |words: &str| vec![Told::Off(format!("it is {words} that of node-1"))];
        assert_eq!(sighted(&mut clocks, (1, &[1, 1, 1]), 3600), [], "two renewals are not enough");
        assert_eq!(sighted(&mut clocks, (4, &[1, 2, 0, 4]), 3600), off("3601 s ahead of"));
        // It is put back, and a little too far; one that goes slow is believed at once, one that goes fast when all say so.
        assert_eq!(sighted(&mut clocks, (8, &[1]), -60), off("59 s behind"));
        assert_eq!(sighted(&mut clocks, (9, &[1, 1, 1, 1]), 0), []);
        assert_eq!(sighted(&mut clocks, (13, &[1]), 0), [Told::Right]);
        assert_eq!(sighted(&mut clocks, (14, &[1, 8, 1, 30]), 0), [], "it takes its time, now and then");
    }

    #[test]
    fn whoever_acts_next_is_another_matter() {
        let mut clocks = Clocks::default();
        sighted(&mut clocks, (1, &[1, 1, 1, 1]), 3600);
        assert_eq!(clocks.sighted(&Lease::of("b", 9, at(100)), None, at(110)), None);
        assert_eq!(clocks.ahead().keys().collect::<Vec<_>>(), ["a"]);
    }
}
