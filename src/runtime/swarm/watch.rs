//! The watch over one set: where this node stands, what the set is specified as, which of its tasks ended.
//!
//! One task, [`watch()`]: it waits for the next look at the Swarm, which all sets share, and says what that means for its
//! own; beside that it holds what its node has to have (`standby`), while another manager's golive acts. It may be dropped at any time: it holds nothing but what it has sent, and a new one says everything anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;
use crate::config::SwarmSet;
use crate::docker::swarm::Task;
use crate::model::event::{Event, Leadership, Replicated, ServiceEvent};
use crate::model::facts::Facts;
use crate::model::running::Running;
use crate::model::step::Fault;

use super::overview::{Overview, Seen};
use super::set::Set;
use super::shelf::Written;
use super::standby::{self, Asked};
use super::standing::NodeRole;
use super::task::Tasks;
use super::{Swarm, fault, halted, hold, set, shelf};

/// After a look whose questions were not answered, the next one.
const AGAIN: Duration = Duration::from_secs(5);
/// A stack is deployed service by service: what it is counts once it has been the same for so long, or at the latest.
const SETTLED: Duration = Duration::from_secs(3);
const SETTLED_AT_LAST: Duration = Duration::from_secs(30);

/// An update that has replaced nothing for so long gets nowhere.
const STILL: Duration = Duration::from_mins(2);

/// So much of a node's id tells it from the others'.
const SHORT: usize = 6;

/// How what is written down in the Swarm is read. The store knows.
pub type ReadFacts = fn(&str) -> Result<Facts, String>;

/// Watches the set and sends what happens to it, until nobody receives it.
pub async fn watch(swarm: Swarm, overview: Overview, read: ReadFacts, events: mpsc::Sender<Event>) {
    let (asks, asked) = watch::channel(None);
    let held = standby::keep(swarm.clone(), asked, events.clone());
    let watch = Watch { swarm, read, events, asks, clock: Clock::start(), memory: Memory::default() };
    tokio::select! {
        () = held => {}
        () = watched(watch, overview) => {}
    }
}

async fn watched(mut watch: Watch, mut overview: Overview) {
    while !watch.events.is_closed() {
        let latest = overview.borrow_and_update().clone();
        let again = match latest {
            Some(latest) => match watch.look(&latest.0).await {
                Ok(again) => again,
                Err(Looked::Closed) => return,
                // The next look may tell.
                Err(Looked::Failed(fault)) => {
                    tracing::warn!(service = watch.swarm.service, "failed to {}", fault.text);
                    Some(AGAIN)
                }
            },
            None => None,
        };
        let next = overview.changed();
        let open = match again {
            Some(again) => tokio::time::timeout(again, next).await.unwrap_or(Ok(())),
            None => next.await,
        };
        if open.is_err() {
            return;
        }
    }
}

struct Watch {
    swarm: Swarm,
    read: ReadFacts,
    events: mpsc::Sender<Event>,
    /// What is to be held on this node, while another golive acts.
    asks: watch::Sender<Option<Asked>>,
    clock: Clock,
    memory: Memory,
}

/// What outlives a broken stream.
#[derive(Default)]
struct Memory {
    /// What was said last of where this node stands.
    stand: Option<(NodeRole, Option<u64>)>,
    /// What was said to run last.
    seen: Option<Running>,
    /// Whether anything was said of that.
    said: bool,
    /// The releases that another golive, which acts, has accepted.
    accepted: Option<Vec<String>>,
    /// What may be said next, since when it has been so, and since when something else than before is there.
    settling: Option<(Running, Timestamp, Timestamp)>,
    /// How far each service is that the Swarm is at work on, and since when.
    at_work: Option<(Vec<(String, u64)>, Timestamp)>,
    /// Tasks that had ended at the last look.
    ended: Option<BTreeSet<String>>,
}

/// Whether the set may be spoken of.
enum Settling {
    Settled,
    /// Not before so long.
    For(Duration),
    /// Yes, and before that of what was there meanwhile.
    Before(Running),
}

impl Watch {
    /// Says what a look means for the set, and after how long to think of it again though nothing has changed.
    async fn look(&mut self, seen: &Seen) -> Result<Option<Duration>, Looked> {
        if let NodeRole::Nobody { why } = &seen.stand {
            self.say_nobody(why).await?;
            self.ask_to_hold(seen);
            return Ok(None);
        }
        let outside = matches!(seen.stand, NodeRole::Outside { .. });
        let written = seen.written.get(&shelf::facts_name(&self.swarm));
        self.say_standing(&seen.stand, written, &seen.ahead).await?;
        self.ask_to_hold(seen);
        if outside {
            self.say_seen(None).await?;
            return Ok(None);
        }
        let set = set::of(&self.swarm, &seen.services).await.map_err(fault)?;
        let tasks = Tasks::among(&seen.tasks, &set);
        self.say_ended(&set, &tasks).await?;
        let nodes = halted::nodes(&self.swarm, &set).await.map_err(fault)?;
        let mut running = set.running(&tasks, &nodes, &self.swarm.excused);
        if let Some(running) = &mut running {
            running.stuck = self.stuck(&set, &tasks);
            running.started = self.began(running, seen.one_clock);
        }
        match self.settling(running.as_ref()) {
            Settling::For(wait) => {
                self.say_settling().await?;
                return Ok(Some(wait));
            }
            Settling::Before(candidate) => self.say_seen(Some(candidate)).await?,
            Settling::Settled => {}
        }
        let is_news = self.memory.seen.is_some() || !self.memory.said;
        let gone = running.is_none() && is_news && matches!(seen.stand, NodeRole::Acts { .. });
        self.say_seen(running).await?;
        if gone {
            // What it used can be removed with it.
            hold::let_go_of_all(&self.swarm).await?;
        }
        Ok(None)
    }

    /// When the release began. What was said of it once stays so: the managers forget it with the next change.
    fn began(&self, running: &Running, one_clock: bool) -> Option<Timestamp> {
        match self.memory.seen.as_ref().filter(|seen| seen.instance == running.instance) {
            Some(seen) => seen.started,
            // A clock that is ahead would take away from its grace.
            None => running.started.filter(|_| one_clock),
        }
    }

    /// What the Swarm's own update waits for, once it has replaced nothing for a while.
    fn stuck(&mut self, set: &Set, tasks: &Tasks) -> Option<String> {
        let (done, missing) = set.under_work(tasks);
        let now = self.clock.now();
        let since = match &self.memory.at_work {
            Some((before, since)) if *before == done => *since,
            Some(_) | None => now,
        };
        self.memory.at_work = (!done.is_empty()).then_some((done, since));
        let still = now.duration_since(since).unsigned_abs() >= STILL;
        missing
            .filter(|_| still)
            .map(|missing| format!("no task was replaced for {} min: {missing}", STILL.as_secs() / 60))
    }

    /// For how long the set is not yet spoken of, because somebody may be in the middle of deploying it.
    fn settling(&mut self, running: Option<&Running>) -> Settling {
        let (SwarmSet::Stack(_), Some(running)) = (&self.swarm.set, running) else {
            self.memory.settling = None;
            return Settling::Settled;
        };
        if self.memory.seen.as_ref().is_some_and(|seen| seen.instance == running.instance) {
            // Deployed and taken back by the Swarm before it had settled: that was a release all the same.
            let before = self.memory.settling.take().map(|(candidate, ..)| candidate);
            return before.filter(|_| running.given_up.is_some()).map_or(Settling::Settled, Settling::Before);
        }
        let now = self.clock.now();
        let since = |then: Timestamp| now.duration_since(then).unsigned_abs();
        let (same, first) = match &self.memory.settling {
            Some((candidate, same, first)) if candidate.instance == running.instance => (*same, *first),
            Some((_, _, first)) => (now, *first),
            None => (now, now),
        };
        if since(same) >= SETTLED || since(first) >= SETTLED_AT_LAST {
            self.memory.settling = None;
            return Settling::Settled;
        }
        tracing::debug!(service = self.swarm.service, instance = running.instance, "somebody is deploying");
        self.memory.settling = Some((running.clone(), same, first));
        Settling::For(SETTLED.saturating_sub(since(same)).max(Duration::from_millis(100)))
    }

    /// `ahead` says how far this host's clock is ahead of those of others that wrote something down.
    async fn say_standing(
        &mut self,
        stand: &NodeRole,
        written: Option<&Written>,
        ahead: &BTreeMap<String, SignedDuration>,
    ) -> Result<(), Looked> {
        // Whoever acts knows better than what it wrote down.
        let follows = !matches!(stand, NodeRole::Acts { .. });
        let version = written.map(|written| written.version).filter(|_| follows);
        let said = Some((stand.clone(), version));
        if self.memory.stand == said {
            return Ok(());
        }
        let node = match stand {
            NodeRole::Acts { node } | NodeRole::Follows { node, .. } => node.as_str(),
            NodeRole::Nobody { .. } | NodeRole::Outside { .. } => "",
        };
        let kept = written.map(|written| {
            let mine = written.writer == node;
            (self.read)(&written.facts).map(|mut facts| {
                if let Some(by) = ahead.get(&written.writer).filter(|_| !mine) {
                    facts.by_another_clock(*by);
                }
                Box::new(Replicated { facts, mine })
            })
        });
        let kept = kept.transpose();
        let followed = kept.iter().flatten().find(|_| matches!(stand, NodeRole::Follows { .. }));
        self.memory.accepted =
            followed.map(|kept| kept.facts.accepted.iter().map(|release| release.id.clone()).collect());
        let standing = match (stand, kept) {
            (NodeRole::Acts { node }, Ok(kept)) => {
                Leadership::Leader { by: node.chars().take(SHORT).collect(), kept }
            }
            (NodeRole::Follows { why, .. }, Ok(kept)) => Leadership::Standby { why: why.clone(), kept },
            (NodeRole::Nobody { why } | NodeRole::Outside { why }, _) => {
                Leadership::Standby { why: why.clone(), kept: None }
            }
            // Acting without it might take a release back a second time.
            (_, Err(error)) => {
                let why = format!("what is known in the Swarm cannot be read: {error}");
                Leadership::Standby { why, kept: None }
            }
        };
        self.send(ServiceEvent::Leadership(standing)).await?;
        self.memory.stand = said;
        Ok(())
    }

    /// Where another golive acts, this one holds what its node has to have: what was said before that stands already.
    fn ask_to_hold(&self, seen: &Seen) {
        let asked = match (&seen.stand, &self.memory.accepted) {
            (NodeRole::Follows { node, .. }, Some(accepted)) => {
                Some(Asked::of(&self.swarm, accepted.clone(), seen, node))
            }
            (
                NodeRole::Follows { .. }
                | NodeRole::Acts { .. }
                | NodeRole::Nobody { .. }
                | NodeRole::Outside { .. },
                _,
            ) => None,
        };
        self.asks.send_if_modified(|before| {
            let changed = *before != asked;
            *before = asked;
            changed
        });
    }

    /// What runs goes on, as far as is known, and nobody decides anything.
    async fn say_nobody(&mut self, why: &str) -> Result<(), Looked> {
        let said = Some((NodeRole::Nobody { why: why.to_owned() }, None));
        if self.memory.stand != said {
            self.send(ServiceEvent::Leadership(Leadership::Standby { why: why.to_owned(), kept: None }))
                .await?;
            self.memory.stand = said;
        }
        Ok(())
    }

    /// Somebody is at work on what ran: what is measured meanwhile belongs to nothing that is known yet.
    async fn say_settling(&mut self) -> Result<(), Looked> {
        match self.memory.seen.clone() {
            Some(last) if !last.settling => self.say_seen(Some(Running { settling: true, ..last })).await,
            Some(_) | None => Ok(()),
        }
    }

    async fn say_seen(&mut self, running: Option<Running>) -> Result<(), Looked> {
        if self.memory.said && self.memory.seen == running {
            return Ok(());
        }
        self.send(ServiceEvent::Seen(running.clone())).await?;
        (self.memory.seen, self.memory.said) = (running, true);
        Ok(())
    }

    /// Tasks that ended since the last look, if they are of what is specified now.
    async fn say_ended(&mut self, set: &Set, tasks: &Tasks) -> Result<(), Looked> {
        let ended = || tasks.all().filter(|task| task.ended());
        let before = self.memory.ended.replace(ended().map(|task| task.id().to_owned()).collect());
        let Some(before) = before else { return Ok(()) };
        let of_now = |task: &&Task| set.members.values().any(|member| task.is_of(member.spec()));
        let fresh: Vec<_> = ended().filter(|task| !before.contains(task.id())).filter(of_now).collect();
        for task in fresh {
            let (instance, exit) = (set.instance(), task.exit());
            self.send(ServiceEvent::Died { instance, asked: false, exit, oom: false }).await?;
        }
        Ok(())
    }

    async fn send(&self, what: ServiceEvent) -> Result<(), Looked> {
        let event = Event::Service { service: self.swarm.service.clone(), what };
        self.events.send(event).await.map_err(|_| Looked::Closed)
    }
}

/// A look that came to nothing.
enum Looked {
    /// Nobody receives events any more.
    Closed,
    Failed(Fault),
}

impl From<Fault> for Looked {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}
