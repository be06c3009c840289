//! Requests with the same beat and without an end: what golive asks of a release that few others call (`watch.traffic`). What has
//! become of them is given out stretch by stretch.
//!
//! No run is ended because most fail, as that is just what is to be seen; nor does it disturb a load run on the same host: nothing is
//! asked while one is under way.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep_until;

use super::beat::Beat;
use super::calls::{Calls, Ended};
use super::run::since;
use super::{Alone, Spec};
use crate::clock::Clock;
use crate::config::Traffic;
use crate::model::load::Failure;
use crate::model::reading::{Bucket, Counts};

/// So many requests at once. Where all of them hang, the others wait and fail.
const CONNECTIONS: u32 = 100;

/// Says who asks, so that a team can leave it out of its business figures.
const USER_AGENT: &str = concat!("golive-watch/", env!("CARGO_PKG_VERSION"));

/// What goes on for as long as somebody wants it.
pub struct Steady {
    spec: Spec,
    clock: Clock,
    /// What would be sent later than this is not sent, and said to be missing.
    patience: Duration,
    beat: Beat,
    began: Timestamp,
    next: u64,
    calls: Calls,
    /// The service has answered with anything: from now on, not to be reached is a failure of its own.
    heard: bool,
    stretch: Stretch,
}

/// What has ended since the last was given out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stretch {
    /// Requests that tell of the service, and those of them that failed.
    pub counts: Counts,
    /// How long those took that were answered, or waited for in vain: from when they were due.
    pub took: Vec<Bucket>,
    /// What tells nothing of the service, by what came of it.
    pub untold: BTreeMap<Failure, u64>,
    /// How late golive itself was, where that was too late.
    pub late: Option<Duration>,
}

/// What a request tells of the service.
enum Tells {
    Failed,
    Nothing,
}

impl Spec {
    /// What is asked of a release that is watched. It has no end of its own.
    pub fn steady(traffic: &Traffic, addresses: Vec<IpAddr>, beside: &Path) -> Self {
        let Traffic { url, rate, timeout, ca_file, .. } = traffic.clone();
        Self {
            url,
            addresses,
            method: "GET".to_owned(),
            send_headers: BTreeMap::from([("user-agent".to_owned(), USER_AGENT.to_owned())]),
            // A redirect is an answer, and not followed.
            status: (200..400).collect(),
            ca_file,
            rate,
            lasts: Duration::ZERO,
            warm_up: Duration::ZERO,
            timeout,
            connections: CONNECTIONS,
            beside: beside.to_owned(),
        }
    }

    /// How long one such request takes now, or why it tells nothing good.
    pub async fn tried(&self, clock: &Clock) -> Result<Duration, String> {
        let mut calls = Calls::new(self, clock).map_err(|why| format!("failed to {why}"))?;
        let began = clock.now();
        calls.waiting.push_back(0);
        calls.send(|_| {});
        let Some(Ended { at, answer, .. }) = calls.ended().await else {
            return Err("nothing was sent".to_owned());
        };
        answer.map(|()| since(began, at)).map_err(|failure| failure.words().to_owned())
    }
}

impl Steady {
    /// From now on. Times are counted below those edges, in seconds. What is wrong with it is readable after "failed to".
    pub fn new(spec: Spec, edges: &[f64], patience: Duration, clock: &Clock) -> Result<Self, String> {
        let (beat, calls) = (Beat::endless(&spec), Calls::new(&spec, clock)?);
        let (began, clock, stretch) = (clock.now(), *clock, Stretch::new(edges));
        Ok(Self { spec, clock, patience, beat, began, next: 0, calls, heard: false, stretch })
    }

    /// Where what is sent from now on goes.
    pub fn aim(&mut self, spec: &Spec) -> Result<(), String> {
        if self.spec != *spec {
            self.calls.aim(spec)?;
            self.spec = spec.clone();
        }
        Ok(())
    }

    /// Asks on. It never ends, and may be dropped at any time: what is under way goes on with the next call.
    pub async fn go_on(&mut self) {
        loop {
            self.calls.send(|_| {});
            let next = self.clock.instant(self.due(self.next));
            tokio::select! {
                () = sleep_until(next.into()) => self.fall_due(),
                Some(ended) = self.calls.ended() => self.ended(&ended),
            }
        }
    }

    /// What has become of all that has ended since the last time.
    pub fn take(&mut self) -> Stretch {
        let edges: Vec<f64> = self.stretch.took.iter().map(|bucket| bucket.le).collect();
        std::mem::replace(&mut self.stretch, Stretch::new(&edges))
    }

    fn due(&self, index: u64) -> Timestamp {
        self.began + self.beat.due(index)
    }

    fn fall_due(&mut self) {
        let now = self.clock.now();
        self.give_up(now);
        while self.due(self.next) <= now {
            let late = since(self.due(self.next), now);
            if late > self.patience {
                self.stretch.late = self.stretch.late.max(Some(late));
            } else if !matches!(Alone::is_held(&self.spec.beside), Ok(true)) {
                self.calls.waiting.push_back(self.next);
            }
            self.next += 1;
        }
    }

    /// What has waited for a connection for as long as an answer is waited for gets none any more.
    fn give_up(&mut self, now: Timestamp) {
        while let Some(index) = self.calls.waiting.front().copied()
            && since(self.due(index), now) >= self.spec.timeout
        {
            self.calls.waiting.pop_front();
            self.ended(&Ended { index, at: now, answer: Err(Failure::NeverSent) });
        }
    }

    fn ended(&mut self, ended: &Ended) {
        let took = since(self.due(ended.index), ended.at).as_secs_f64();
        let Err(failure) = ended.answer else {
            self.heard = true;
            self.stretch.count(false, Some(took));
            return;
        };
        match failure.tells(self.heard) {
            Tells::Nothing => *self.stretch.untold.entry(failure).or_default() += 1,
            Tells::Failed => {
                let waited = matches!(failure, Failure::Server | Failure::TimedOut | Failure::NeverSent);
                self.stretch.count(true, waited.then_some(took));
            }
        }
        self.heard |= failure.is_answer();
    }
}

impl Stretch {
    /// Nothing has ended yet.
    pub fn new(edges: &[f64]) -> Self {
        let took = edges.iter().map(|le| Bucket { le: *le, count: 0 }).collect();
        Self { took, ..Self::default() }
    }

    fn count(&mut self, failed: bool, took: Option<f64>) {
        self.counts += Counts { bad: u64::from(failed), total: 1 };
        for bucket in &mut self.took {
            bucket.count += u64::from(took.is_some_and(|took| took <= bucket.le));
        }
    }

    /// Why nothing can be told of the service, where nothing can.
    pub fn blind(&self) -> Option<String> {
        if let Some(late) = self.late {
            return Some(format!("golive itself was late by {} ms", late.as_millis()));
        }
        let (failure, count) = self.untold.iter().max_by_key(|(_, count)| **count)?;
        let own = self.untold.contains_key(&Failure::Own);
        (own || self.counts.total == 0).then(|| format!("{count} requests: {}", failure.words()))
    }
}

impl Failure {
    /// What is refused, was wrongly asked. What has never answered may never have been the service; what it is not, no release has
    /// made.
    fn tells(self, heard: bool) -> Tells {
        match self {
            Self::Server | Self::TimedOut | Self::Cut | Self::Unanswered | Self::NeverSent => Tells::Failed,
            Self::Refused | Self::Tls | Self::Unreadable if heard => Tells::Failed,
            Self::Refused | Self::Tls | Self::Unreadable => Tells::Nothing,
            Self::TooMany | Self::Redirect | Self::Status | Self::Own => Tells::Nothing,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::TooMany => "refused as too many (429)",
            Self::Server => "status 5xx",
            Self::Redirect => "sent elsewhere",
            Self::Status => "refused, with a status 4xx",
            Self::TimedOut | Self::Unanswered => "no answer in time",
            Self::Refused => "nothing takes connections there",
            Self::Cut => "the connection was ended",
            Self::Tls => "TLS could not be agreed on",
            Self::Unreadable => "what came is no HTTP",
            Self::Own => "this host could not send them",
            Self::NeverSent => "no connection became free",
        }
    }
}
